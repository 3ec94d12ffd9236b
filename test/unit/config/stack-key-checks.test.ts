import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSettings } from "../../../components/config/settings";
import { checkStackKeyStep } from "../../../components/config/stack-key-checks";

const read = (stackKeys: object): unknown => parseSettings({ hosts: { stackKeys } }, "test").hosts.stackKeys;

describe("the stack's SSH keys", () => {
  it("are the first alone, when nothing is said", () => {
    assert.deepEqual(read({}), { connecting: 1, authorized: [1] });
  });

  it("are taken when hosts let in the one that connects", () => {
    assert.deepEqual(read({ authorized: [1, 2] }), { connecting: 1, authorized: [1, 2] });
    assert.deepEqual(read({ connecting: 2, authorized: [2] }), { connecting: 2, authorized: [2] });
  });

  const wrong: readonly (readonly [what: string, settings: object, message: RegExp])[] = [
    [
      "one that connects and is not let in",
      { connecting: 2 },
      /hosts\.stackKeys\.connecting = 2: is not among authorized.*Fix: add 2 to authorized, and run up, before/,
    ],
    ["a list that is no set", { authorized: [1, 1] }, /authorized = 1: is there twice.*Fix: name each once/],
    ["no list at all", { authorized: [] }, /hosts\.stackKeys\.authorized = \[\]/],
    ["the generation before the first", { connecting: 0, authorized: [0] }, /stackKeys\.connecting = 0/],
  ];
  for (const [what, settings, message] of wrong) {
    it(`are refused: ${what}`, () => {
      assert.throws(() => read(settings), message);
    });
  }
});

describe("a step of the stack's SSH keys", () => {
  const stages = [
    { connecting: 1, authorized: [1] },
    { connecting: 1, authorized: [1, 2] },
    { connecting: 2, authorized: [1, 2] },
    { connecting: 2, authorized: [2] },
  ] as const;

  it("may be none, the next stage, or the way back while both are let in", () => {
    stages.forEach((stage, index) => {
      assert.deepEqual(checkStackKeyStep(stage, stage), []);
      const next = stages[index + 1];
      if (next !== undefined) assert.deepEqual(checkStackKeyStep(stage, next), []);
    });
    assert.deepEqual(checkStackKeyStep(stages[1], stages[0]), []);
    assert.deepEqual(checkStackKeyStep(stages[2], stages[1]), []);
  });

  it("may begin the next rotation", () => {
    assert.deepEqual(checkStackKeyStep(stages[3], { connecting: 2, authorized: [2, 3] }), []);
  });

  it("must not log in with one that hosts do not let in yet", () => {
    const [problem, ...others] = checkStackKeyStep(stages[0], stages[2]);
    assert.deepEqual(others, []);
    assert.equal(problem?.setting, "hosts.stackKeys.connecting");
    assert.match(problem.rule, /would log in before every host lets it in/);
    assert.match(problem.fix, /add 2 to authorized, keep connecting at 1 and run up first/);
  });

  it("must not drop the one that the stack logs in with now", () => {
    const [problem, ...others] = checkStackKeyStep(stages[1], stages[3]);
    assert.deepEqual(others, []);
    assert.equal(problem?.setting, "hosts.stackKeys.authorized");
    assert.match(problem.rule, /drops 1, with which the stack logs in now/);
    assert.match(problem.fix, /change connecting first and run up, then drop 1/);
    assert.equal(checkStackKeyStep(stages[0], stages[3]).length, 2);
  });
});
