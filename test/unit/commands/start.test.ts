import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(__dirname, "../../..");

/** Files of Node packages that a command has loaded when it has told what it is for. */
function loadedFiles(command: string): string[] {
  const report = 'process.on("exit", () => process.stderr.write(Object.keys(require.cache).join("\\n")))';
  const preload = `data:text/javascript,${encodeURIComponent(
    `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(`${root}/`)}); ${report}`,
  )}`;
  const script = `commands/${command}.ts`;
  const args = ["--import", preload, "--import", "tsx", script, "--help"];
  const shell = `"$0" "$@" 2>&1 >/dev/null`;
  return execFileSync("sh", ["-c", shell, process.execPath, ...args], { cwd: root, encoding: "utf8" }).split(
    "\n",
  );
}

describe("a command that is run many times a day", () => {
  for (const command of ["up", "preview", "drift", "env"]) {
    it(`${command} starts without Pulumi, which alone takes longer to load than all the rest`, () => {
      const files = loadedFiles(command);
      assert.ok(
        files.some((file) => file.includes("/node_modules/zod/")),
        "the files that were loaded are known",
      );
      assert.deepEqual(
        files.filter((file) => file.includes("/@pulumi/pulumi/index.js")),
        [],
      );
    });
  }
});
