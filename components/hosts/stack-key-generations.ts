/** Which of the stack's own SSH keys are in use; the stages of a rotation are steps of these. */
export interface StackKeyOptions {
  /** The generation that the stack logs in with. */
  readonly connecting: number;
  /** Generations that hosts let in. */
  readonly authorized: readonly number[];
}

/** Before the first rotation. */
export const firstStackKey: StackKeyOptions = { connecting: 1, authorized: [1] };

/** Whether a rotation was ever begun. Before that nothing tells of generations. */
export function isStackKeyRotated({ authorized }: StackKeyOptions): boolean {
  return authorized.some((generation) => generation > 1);
}
