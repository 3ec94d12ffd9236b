import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { mapAtMost } from "../../../commands/map-at-most";

describe("work on many items", () => {
  it("is done no more than so many at a time, and given in the order of the items", async () => {
    let now = 0;
    let most = 0;
    const items = Array.from({ length: 20 }, (_, index) => index);
    const doubled = await mapAtMost(8, items, async (item) => {
      most = Math.max(most, ++now);
      await sleep(item % 3);
      now--;
      return item * 2;
    });
    assert.equal(most, 8);
    assert.deepEqual(
      doubled,
      items.map((item) => item * 2),
    );
  });

  it("is nothing for nobody, and fails as its first failure", async () => {
    assert.deepEqual(await mapAtMost(8, [], () => Promise.resolve(1)), []);
    const fail = (item: number): Promise<number> => Promise.reject(new Error(`no ${item}`));
    await assert.rejects(mapAtMost(1, [1, 2], fail), /^Error: no 1$/);
  });
});
