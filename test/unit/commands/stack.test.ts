import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { backendEnvironment, historyFolder, isLocked, stateFile } from "../../../commands/stack";

const names = [
  "REDOUBT_DATA",
  "PULUMI_BACKEND_URL",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_CONFIG_PASSPHRASE_FILE",
];

describe("the state backend", () => {
  let before: Record<string, string | undefined>;
  let data: string;
  beforeEach(() => {
    before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    for (const name of names) Reflect.deleteProperty(process.env, name);
    data = mkdtempSync(path.join(tmpdir(), "data-"));
    process.env["REDOUBT_DATA"] = data;
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    rmSync(data, { recursive: true });
  });

  const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);

  it("is a folder and a passphrase that only the user reads, where nobody says otherwise", () => {
    const environment = backendEnvironment();
    assert.equal(environment["PULUMI_BACKEND_URL"], `file://${data}/state?metadata=skip`);
    assert.equal(mode(path.join(data, "state")), "700");
    const passphrase = environment["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
    assert.equal(mode(passphrase), "600");
    assert.ok(readFileSync(passphrase, "utf8").length >= 32);
  });

  it("keeps the passphrase that it made once", () => {
    const file = backendEnvironment()["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
    const passphrase = readFileSync(file, "utf8");
    backendEnvironment();
    assert.equal(readFileSync(file, "utf8"), passphrase);
  });

  it("is what the user says", () => {
    process.env["PULUMI_BACKEND_URL"] = "s3://bucket?region=eu-central-1";
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "of the user";
    assert.deepEqual(backendEnvironment(), {});
  });

  it("has a stack's file and history below its folder, whatever options its address carries", () => {
    for (const url of ["file:///srv/state", "file:///srv/state?metadata=skip"]) {
      const environment = { PULUMI_BACKEND_URL: url };
      assert.equal(stateFile("local", environment), "/srv/state/.pulumi/stacks/redoubt/local.json");
      assert.equal(historyFolder("local", environment), "/srv/state/.pulumi/history/redoubt/local");
    }
  });

  for (const [url, folder] of [
    ["file://~", homedir()],
    ["file://~/states?metadata=skip", path.join(homedir(), "states")],
    ["file://states", path.resolve("states")],
  ] as const) {
    it(`lies where Pulumi puts it: ${url}`, () => {
      const environment = { PULUMI_BACKEND_URL: url };
      assert.equal(stateFile("local", environment), path.join(folder, ".pulumi/stacks/redoubt/local.json"));
    });
  }

  it("tells whether an engine holds a stack, by its locks, and of no other stack", () => {
    const environment = { PULUMI_BACKEND_URL: `file://${data}/state?metadata=skip` };
    assert.equal(isLocked("local", environment), false);
    const locks = path.join(data, "state/.pulumi/locks/organization/redoubt/local");
    mkdirSync(locks, { recursive: true });
    writeFileSync(path.join(locks, "x.json.attrs"), "");
    assert.equal(isLocked("local", environment), false);
    writeFileSync(path.join(locks, "x.json"), JSON.stringify({ pid: 1, hostname: "other" }));
    assert.equal(isLocked("local", environment), true);
    assert.equal(isLocked("dev", environment), false);
    assert.equal(isLocked("local", { PULUMI_BACKEND_URL: "s3://bucket?region=eu-central-1" }), false);
  });

  it("has no file on this box when it is a bucket", () => {
    const environment = { PULUMI_BACKEND_URL: "s3://bucket?region=eu-central-1" };
    assert.equal(stateFile("local", environment), undefined);
    assert.equal(historyFolder("local", environment), undefined);
  });
});
