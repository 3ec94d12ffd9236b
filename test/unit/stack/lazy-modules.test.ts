import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";

const root = path.join(__dirname, "../../..");
const project = parse(readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as {
  readonly runtime: { readonly options: { readonly nodeargs: string } };
};

describe("a program under the project's nodeargs", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-nodeargs-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** What a program prints that runs as the language host runs ours. */
  function printed(source: string): string {
    const program = path.join(folder, "program.ts");
    const pulumi = JSON.stringify(path.join(root, "node_modules/@pulumi/pulumi"));
    writeFileSync(program, `import * as pulumi from ${pulumi};\n${source}\n`);
    const nodeArguments = project.runtime.options.nodeargs.split(" ");
    return execFileSync(process.execPath, [...nodeArguments, program], { cwd: root, encoding: "utf8" });
  }
  /** Packages as a file of the project gets them. */
  const own = `const own = require("node:module").createRequire(${JSON.stringify(path.join(root, "index.ts"))});`;
  const loaded = (what: string): string =>
    `console.log(Object.keys(require.cache).filter((file) => file.includes(${JSON.stringify(what)})).length);`;

  it("has Pulumi, and neither TypeScript nor Arborist beside it", () => {
    const counts = ["/@pulumi/pulumi/", "/typescript/lib/", "/@npmcli/arborist/"].map(loaded);
    const [pulumi, ...others] = printed(`void pulumi.output(1);\n${counts.join("\n")}`)
      .trim()
      .split("\n")
      .map(Number);
    assert.ok((pulumi ?? 0) > 10, `${pulumi ?? 0} files of Pulumi`);
    assert.deepEqual(others, [0, 0]);
  });

  it("gets TypeScript when it turns a function into code", () => {
    const text = printed(
      "void pulumi.runtime.serializeFunction(() => 6 * 7).then(({ text }) => { console.log(text); });",
    );
    assert.match(text, /return \(\) ?=> ?6 ?\* ?7/);
  });

  it("sends the engine what is to be read, and no message for who debugs Pulumi", () => {
    const asked = printed(`${own}
      own("@pulumi/pulumi/runtime/settings").getEngine = () => void console.log("asked");
      for (const level of ["debug", "warn"]) {
        console.log(level);
        own("@pulumi/pulumi").log[level]("", undefined, undefined, true);
      }`);
    assert.equal(asked, "debug\nwarn\nasked\n");
  });

  it("does not look up where each promise was made, and still where an error came from", () => {
    const [trace, frames] = printed(`${own}
      own("@pulumi/pulumi");
      const promise = Promise.resolve();
      void own("@pulumi/pulumi/runtime/debuggable").debuggablePromise(promise, "of the test");
      console.log(JSON.stringify(promise._debugStackTrace));
      console.log(Error.stackTraceLimit);`)
      .trim()
      .split("\n");
    assert.equal(trace, '"Error"');
    assert.equal(frames, "10");
  });

  it("tells the line of the source where an error came from", () => {
    const source = [
      "interface Gone {",
      "  readonly with: string;",
      "}",
      "console.log(new Error('here').stack as Gone | string);",
    ].join("\n");
    assert.match(printed(source), /Error: here\n\s+at .*program\.ts:5:13/);
  });
});
