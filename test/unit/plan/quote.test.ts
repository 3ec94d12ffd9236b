import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { shellCommand, shellQuote } from "../../../components/plan/quote";

const nasty = [
  "",
  " ",
  "-n",
  "--",
  "a b",
  "it's",
  '"',
  "$HOME",
  "`id`",
  "$(id)",
  "a\nb",
  "\\",
  "*",
  "~",
  "!",
  "ä€😀",
  "a;b",
  "&",
  "|",
  "#x",
  "'\\''",
];

describe("quoting", () => {
  it("leaves plain words readable", () => {
    assert.equal(shellCommand(["install", "-m", "0600", "/etc/x.conf"]), "install -m 0600 /etc/x.conf");
  });

  it("hands every word to a real shell as it is", () => {
    const script = `printf '%s\\0' ${shellCommand(nasty)}`;
    const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    assert.deepEqual(stdout.split("\0").slice(0, -1), nasty);
  });

  it("refuses a NUL, which no argument can carry", () => {
    assert.throws(() => shellQuote("a\0b"), /NUL/);
  });
});
