import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { refuseHalfRemoved, removeStack } from "../../../commands/removal";
import { CommandFailed } from "../../../commands/shell";

describe("the removal of a stack", () => {
  const before = process.env["REDOUBT_DATA"];
  let data = "";
  beforeEach(() => {
    data = mkdtempSync(path.join(tmpdir(), "data-"));
    process.env["REDOUBT_DATA"] = data;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["REDOUBT_DATA"];
    else process.env["REDOUBT_DATA"] = before;
    rmSync(data, { recursive: true });
  });

  /** What the engine is told. */
  async function variables(
    hostProvider: string | undefined,
    args: readonly string[] = [],
  ): Promise<Readonly<Record<string, string>>> {
    let told: Readonly<Record<string, string>> | undefined;
    const destroy = (given: Readonly<Record<string, string>>): Promise<void> => {
      told = given;
      return Promise.resolve();
    };
    await removeStack({ stack: "lab", hostProvider, args, destroy });
    assert.ok(told);
    return told;
  }
  const remove = (hostProvider: string | undefined, error: Error): Promise<void> =>
    removeStack({ stack: "lab", hostProvider, args: [], destroy: () => Promise.reject(error) });
  const killed = new CommandFailed("pulumi", 1, true);
  const half = /stack lab: its removal was cut off, .* Fix: npm run destroy -- --stack lab/;

  it("saves the state once, where nothing can get lost", async () => {
    for (const provider of ["local", "inventory"])
      assert.deepEqual(await variables(provider), { PULUMI_SKIP_CHECKPOINTS: "true" });
  });

  it("saves it after each resource on AWS, where what is left costs money, and when only a part is removed", async () => {
    assert.deepEqual(await variables("aws"), {});
    assert.deepEqual(await variables(undefined), {}, "nobody knows that it is not on AWS");
    assert.deepEqual(await variables("local", ["--target", "urn"]), {});
  });

  it("that ended by itself leaves no trace, whether it went well or not", async () => {
    await variables("local");
    refuseHalfRemoved("lab");
    await assert.rejects(remove("local", new CommandFailed("pulumi", 255, false)));
    refuseHalfRemoved("lab");
  });

  it("that was killed lets nothing but another removal happen to machines of this box", async () => {
    await assert.rejects(remove("local", killed), killed);
    assert.throws(() => {
      refuseHalfRemoved("lab");
    }, half);
    refuseHalfRemoved("other");
    await variables("local");
    refuseHalfRemoved("lab");
  });

  it("that was killed changed nothing where hosts stay as they are, or was written down", async () => {
    for (const provider of ["inventory", "aws"]) await assert.rejects(remove(provider, killed), killed);
    refuseHalfRemoved("lab");
  });
});
