/**
 * The results of a work on each item, in their order, with no more than `limit` under way at a time.
 *
 * @throws what the first work throws that fails; of the others those that are under way end unheard.
 */
export async function mapAtMost<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  // Shared: each takes the next one that nobody has begun.
  const queue = items.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: limit }, takeTurns));
  return results;
}
