/** Which generations of the key are in use; the stages of a rotation are steps of these. */
export interface EncryptionKeyOptions {
  /** The generation that encrypts what is written. */
  readonly encrypting: number;
  /** Generations that what is stored can be decrypted with. */
  readonly decrypting: readonly number[];
}

/** Before the first rotation. */
export const firstEncryptionKey: EncryptionKeyOptions = { encrypting: 1, decrypting: [1] };

/** Whether a rotation was ever begun. Before that nothing tells of generations. */
export function isEncryptionRotated({ decrypting }: EncryptionKeyOptions): boolean {
  return decrypting.some((generation) => generation > 1);
}

/** What an EncryptionConfiguration calls a generation. */
export function encryptionKeyName(generation: number): string {
  return `key${generation}`;
}
