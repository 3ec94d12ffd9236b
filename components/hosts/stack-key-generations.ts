/** Which of the stack's own SSH keys are in use; the stages of a rotation are steps of these. */
export interface StackKeyOptions {
  /** The generation that the stack logs in with. */
  readonly connecting: number;
  /** Generations that hosts let in. */
  readonly authorized: readonly number[];
}

/** Before the first rotation. */
export const firstStackKey: StackKeyOptions = { connecting: 1, authorized: [1] };

/**
 * Name of the resource that makes a generation. The first has no number: it is older than the others.
 *
 * @param provider Name of the provider of hosts.
 */
export function stackKeyName(provider: string, generation: number): string {
  return generation === 1 ? `${provider}-admin-key` : `${provider}-admin-key-${generation}`;
}

/** Whether a rotation was ever begun. Before that nothing tells of generations. */
export function isStackKeyRotated({ authorized }: StackKeyOptions): boolean {
  return authorized.some((generation) => generation > 1);
}
