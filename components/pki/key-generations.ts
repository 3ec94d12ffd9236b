/**
 * Makes every generation of a key up to the newest. One that is in use no more keeps its key in the state, which nobody reads.
 *
 * @param name Of the first generation, which has no number: it is older than the others.
 * @param newest At least 1.
 */
export function makeGenerations<Key>(
  name: string,
  newest: number,
  makeKey: (name: string, generation: number) => Key,
): Key[] {
  return Array.from({ length: newest }, (_, index) =>
    makeKey(index === 0 ? name : `${name}-${index + 1}`, index + 1),
  );
}
