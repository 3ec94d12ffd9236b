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
