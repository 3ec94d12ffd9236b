import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkEncryptionStep } from "../../../components/config/encryption-checks";
import { parseSettings } from "../../../components/config/settings";

const read = (encryptionKeys: object): unknown =>
  parseSettings({ apiServer: { encryptionKeys } }, "test").apiServer.encryptionKeys;

describe("the keys that secrets are encrypted with", () => {
  it("are the first alone, when nothing is said", () => {
    assert.deepEqual(read({}), { encrypting: 1, decrypting: [1] });
  });

  it("are taken when what encrypts also decrypts", () => {
    assert.deepEqual(read({ decrypting: [1, 2] }), { encrypting: 1, decrypting: [1, 2] });
    assert.deepEqual(read({ encrypting: 2, decrypting: [2] }), { encrypting: 2, decrypting: [2] });
  });

  const wrong: readonly (readonly [what: string, settings: object, message: RegExp])[] = [
    [
      "one that encrypts and does not decrypt",
      { encrypting: 2 },
      /apiServer\.encryptionKeys\.encrypting = 2: is not among decrypting.*add 2 to/,
    ],
    ["a list that is no set", { decrypting: [1, 1] }, /decrypting = 1: is there twice.*Fix: name each once/],
    ["no list at all", { decrypting: [] }, /apiServer\.encryptionKeys\.decrypting = \[\]/],
    ["the generation before the first", { encrypting: 0, decrypting: [0] }, /encryptionKeys\.encrypting = 0/],
    ["halves", { decrypting: [1, 1.5] }, /encryptionKeys\.decrypting\[1\] = 1\.5/],
  ];
  for (const [what, settings, message] of wrong) {
    it(`are refused: ${what}`, () => {
      assert.throws(() => read(settings), message);
    });
  }
});

describe("a step of the keys that secrets are encrypted with", () => {
  const stages = [
    { encrypting: 1, decrypting: [1] },
    { encrypting: 1, decrypting: [1, 2] },
    { encrypting: 2, decrypting: [1, 2] },
    { encrypting: 2, decrypting: [2] },
  ] as const;

  it("may be none, the next stage, or back to before the new one was announced", () => {
    stages.forEach((stage, index) => {
      assert.deepEqual(checkEncryptionStep(stage, stage), []);
      const next = stages[index + 1];
      if (next !== undefined) assert.deepEqual(checkEncryptionStep(stage, next), []);
    });
    assert.deepEqual(checkEncryptionStep(stages[1], stages[0]), []);
  });

  it("may begin the next rotation, and bring one back that decrypts what an old snapshot holds", () => {
    assert.deepEqual(checkEncryptionStep(stages[3], { encrypting: 2, decrypting: [2, 3] }), []);
    assert.deepEqual(checkEncryptionStep(stages[3], stages[2]), []);
  });

  it("must not let one encrypt that an API server can't decrypt yet", () => {
    const [problem, ...others] = checkEncryptionStep(stages[0], stages[2]);
    assert.deepEqual(others, []);
    assert.equal(problem?.setting, "apiServer.encryptionKeys.encrypting");
    assert.match(problem.rule, /would encrypt before every API server can decrypt it/);
    assert.match(problem.fix, /add 2 to decrypting, keep encrypting at 1 and run up first/);
  });

  it("must not drop the one that what is stored is encrypted with", () => {
    const [problem, ...others] = checkEncryptionStep(stages[1], stages[3]);
    assert.deepEqual(others, []);
    assert.equal(problem?.setting, "apiServer.encryptionKeys.decrypting");
    assert.match(problem.rule, /drops 1, with which secrets are encrypted now/);
    assert.match(problem.fix, /change encrypting first and run up, which encrypts all anew, then drop 1/);
    assert.equal(checkEncryptionStep(stages[0], stages[3]).length, 2);
  });

  it("must not go back to one that encrypted before: the newer one could be forgotten then", () => {
    const [problem, ...others] = checkEncryptionStep(stages[2], stages[1]);
    assert.deepEqual(others, []);
    assert.match(problem?.rule ?? "", /is older than 2, which encrypts now/);
    assert.match(problem?.fix ?? "", /begin a rotation with 3/);
  });
});
