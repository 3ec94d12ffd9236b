import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { obstaclesOf, type BoxDuties, type BoxFacts } from "../../../toolchain/preflight";

const debian12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n';
const ready: BoxFacts = {
  osRelease: debian12,
  processor: "x64",
  userId: 0,
  cacheFolder: "/cache",
  freeBytes: 20 * 2 ** 30,
};

const problems = (facts: Partial<BoxFacts>, duties: Partial<BoxDuties> = {}): string[] =>
  obstaclesOf({ ...ready, ...facts }, { cold: true, localMachines: true, ...duties }).map(
    ({ problem }) => problem,
  );

describe("a box is ready", () => {
  it("when it is Debian 12 with root, room and an x86-64 processor", () => {
    assert.deepEqual(problems({}), []);
  });

  it("with less room once the tools are there", () => {
    assert.deepEqual(problems({ freeBytes: 3 * 2 ** 30 }, { cold: false }), []);
  });
});

describe("a box from which hosts elsewhere are managed", () => {
  it("is ready without root", () => {
    assert.deepEqual(problems({ userId: 1000 }, { localMachines: false }), []);
  });

  it("is not ready when it runs something else: its busybox goes to the hosts", () => {
    assert.match(
      problems({ osRelease: "" }, { localMachines: false }).join(),
      /Debian 12 or newer is needed/,
    );
  });
});

describe("a box is not ready", () => {
  const notReady: readonly (readonly [string, Partial<BoxFacts>, RegExp])[] = [
    [
      "when it runs something else",
      { osRelease: 'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nVERSION_ID="24.04"\n' },
      /runs Ubuntu 24\.04; .*Debian 12/,
    ],
    [
      "when its Debian is too old",
      { osRelease: debian12.replaceAll("12", "11") },
      /runs Debian GNU\/Linux 11 .*Debian 12/,
    ],
    ["when nothing says what it runs", { osRelease: "" }, /runs an unknown system/],
    ["without root", { userId: 1000 }, /need root/],
    ["with a processor for which nothing is built", { processor: "arm64" }, /this box is arm64/],
    ["without room", { freeBytes: 3 * 2 ** 30 }, /\/cache has 3\.0 GiB free; 8 GiB are needed/],
  ];
  for (const [when, facts, message] of notReady) {
    it(when, () => {
      assert.match(problems(facts).join("\n"), message);
    });
  }

  it("and is told everything at once, each with its fix", () => {
    const found = obstaclesOf(
      { ...ready, osRelease: "", userId: 1000, freeBytes: 0 },
      { cold: true, localMachines: true },
    );
    assert.equal(found.length, 3);
    for (const { fix } of found) assert.ok(fix);
  });
});
