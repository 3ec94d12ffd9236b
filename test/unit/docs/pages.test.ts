import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(__dirname, "../../..");
const packageJson = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
};

/** Every page for people: those beside the program, and those of docs/. */
const pages = [
  ...readdirSync(root).filter((file) => file.endsWith(".md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => path.join("docs", file)),
  "bench/README.md",
].sort();

const textOf = (page: string): string => readFileSync(path.join(root, page), "utf8");

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Links of a page that lead nowhere in the repository. */
function deadLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(textOf(target)).has(anchor);
  });
}

/** Words after `npm run` that are no script of package.json. */
function unknownCommands(text: string): string[] {
  const called = [...text.matchAll(/\bnpm run (?:(?:-s|--silent) )?([a-z][a-z0-9:-]*)/g)].map(
    ([, name = ""]) => name,
  );
  return called.filter((name) => !Object.keys(packageJson.scripts).includes(name));
}

const folders = "components|commands|cis|docs|drift|e2e|policies|report|test|toolchain|bench|\\.github|\\.ci";

/** Files that a page names in code and that are not there, nor written by a command. STACK.json is nobody's. */
function missingFiles(text: string): string[] {
  const ignored = readFileSync(path.join(root, ".gitignore"), "utf8").split("\n");
  const named = [...text.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)\``, "g"))].map(
    ([, file = ""]) => file,
  );
  // A module may be named as it is imported.
  const isThere = (file: string): boolean =>
    ["", ".ts"].some((end) => existsSync(path.join(root, file + end)));
  return named.filter((file) => !isThere(file) && !ignored.includes(`/${file}`) && !/\/[A-Z]+\./.test(file));
}

describe("The pages", () => {
  it("are found: those of the root, and those of docs and its folders", () => {
    for (const page of ["README.md", "SECURITY.md", "docs/first-hour.md", "docs/authentication/oidc.md"])
      assert.ok(pages.includes(page), page);
  });

  for (const page of pages) {
    const text = textOf(page);

    it(`${page} has one title, and links that lead somewhere`, () => {
      const outsideCode = text.replace(/^```.*?^```/gms, "");
      assert.equal(outsideCode.match(/^# /gm)?.length, 1);
      assert.deepEqual(deadLinks(page, outsideCode), []);
    });

    it(`${page} names commands and files that there are`, () => {
      assert.deepEqual(unknownCommands(text), []);
      assert.deepEqual(missingFiles(text), []);
    });
  }

  it("are all found from the README, over one page at most", () => {
    const reached = (page: string): string[] =>
      [...textOf(page).matchAll(/\]\(([^)#\s]+\.md)[^)]*\)/g)].map(([, file = ""]) =>
        path.join(path.dirname(page), file),
      );
    const first = reached("README.md");
    const all = new Set([
      "README.md",
      ...first,
      ...first.filter((page) => existsSync(page)).flatMap(reached),
    ]);
    assert.deepEqual(
      pages.filter((page) => !all.has(page)),
      [],
    );
  });

  it("would be caught with a dead link, a wrong anchor, a wrong command or a wrong file", () => {
    assert.deepEqual(
      deadLinks("docs/a.md", "[a](gone.md) [b](settings.md#hosts) [c](settings.md#none) [d](../README.md)"),
      ["gone.md", "settings.md#none"],
    );
    assert.deepEqual(unknownCommands("npm run up, npm run -s env, npm run downs"), ["downs"]);
    assert.deepEqual(missingFiles("`policies/index.ts` `policies/none.ts` `policies/config/<env>.json`"), [
      "policies/none.ts",
    ]);
  });

  it("have a licence beside them, in full, the one that package.json names", () => {
    const licence = textOf("LICENSE");
    assert.equal(packageJson.license, "Apache-2.0");
    assert.match(licence, /Apache License\s+Version 2\.0, January 2004/);
    assert.match(licence, /9\. Accepting Warranty or Additional Liability/);
    assert.ok(statSync(path.join(root, "LICENSE")).size > 10_000);
  });
});
