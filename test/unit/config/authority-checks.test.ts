import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkAuthorityStep } from "../../../components/config/authority-checks";
import { parseSettings } from "../../../components/config/settings";

const read = (authorities: object): unknown =>
  parseSettings({ pki: { authorities } }, "test").pki.authorities;

describe("the generations of the authorities", () => {
  it("are the first alone, when nothing is said", () => {
    assert.deepEqual(parseSettings({}, "test").pki.authorities, { issuing: 1, trusted: [1] });
  });

  it("are taken when what issues is trusted", () => {
    assert.deepEqual(read({ trusted: [1, 2] }), { issuing: 1, trusted: [1, 2] });
    assert.deepEqual(read({ issuing: 2, trusted: [2] }), { issuing: 2, trusted: [2] });
  });

  const wrong: readonly (readonly [what: string, settings: object, message: RegExp])[] = [
    ["one that issues and is not trusted", { issuing: 2 }, /issuing = 2: is not among trusted.*add 2 to/],
    ["a list that is no set", { trusted: [1, 1] }, /trusted = 1: is there twice.*Fix: name each once/],
    ["no list at all", { trusted: [] }, /pki\.authorities\.trusted = \[\]/],
    ["the generation before the first", { issuing: 0, trusted: [0] }, /pki\.authorities\.issuing = 0/],
    ["halves", { trusted: [1, 1.5] }, /pki\.authorities\.trusted\[1\] = 1\.5/],
  ];
  for (const [what, settings, message] of wrong) {
    it(`are refused: ${what}`, () => {
      assert.throws(() => read(settings), message);
    });
  }
});

describe("a step of the authorities", () => {
  const stages = [
    { issuing: 1, trusted: [1] },
    { issuing: 1, trusted: [1, 2] },
    { issuing: 2, trusted: [1, 2] },
    { issuing: 2, trusted: [2] },
  ] as const;

  it("may be none, the next stage, or back, as long as the old one is there", () => {
    stages.forEach((stage, index) => {
      assert.deepEqual(checkAuthorityStep(stage, stage), []);
      const next = stages[index + 1];
      if (next !== undefined) assert.deepEqual(checkAuthorityStep(stage, next), []);
    });
    assert.deepEqual(checkAuthorityStep(stages[2], stages[1]), []);
    assert.deepEqual(checkAuthorityStep(stages[1], stages[0]), []);
  });

  it("may begin the next rotation", () => {
    assert.deepEqual(checkAuthorityStep(stages[3], { issuing: 2, trusted: [2, 3] }), []);
  });

  it("must not let one issue that no host trusts yet", () => {
    const [problem, ...others] = checkAuthorityStep(stages[0], stages[2]);
    assert.deepEqual(others, []);
    assert.equal(problem?.setting, "pki.authorities.issuing");
    assert.match(problem.rule, /would issue before every host trusts it/);
    assert.match(problem.fix, /add 2 to trusted, keep issuing at 1 and run up first/);
  });

  it("must not withdraw the one that issued what is in use", () => {
    const [problem, ...others] = checkAuthorityStep(stages[1], stages[3]);
    assert.deepEqual(others, []);
    assert.equal(problem?.setting, "pki.authorities.trusted");
    assert.match(problem.rule, /withdraws 1, which issued the certificates that are in use/);
    assert.match(problem.fix, /change issuing first and run up, then withdraw 1/);
    assert.equal(checkAuthorityStep(stages[0], stages[3]).length, 2);
  });

  it("must not bring one back that was withdrawn", () => {
    const [problem, ...others] = checkAuthorityStep(stages[3], stages[2]);
    assert.deepEqual(others, []);
    assert.match(problem?.rule ?? "", /is older than 2, which is trusted now/);
    assert.match(problem?.fix ?? "", /begin a rotation with 3/);
  });
});
