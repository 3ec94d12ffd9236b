import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One test: a file of the repository, and the title of an `it` or `describe` in it. */
export interface TestTitle {
  readonly file: string;
  readonly title: string;
}

const call = /\b(?:it|describe)\(\s*(["'`])((?:\\.|(?!\1).)*)\1/gs;

/** Titles in the text of a test file, as they are written there: with `${…}` where they are made. */
export function titlesIn(text: string): string[] {
  return [...text.matchAll(call)].map(([, , title = ""]) => title.replace(/\\(.)/g, "$1"));
}

/** Every test of the repository, by file and place in it. @param root Folder of the repository. */
export function readTestTitles(root: string): TestTitle[] {
  return readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join("test", name))
    .sort()
    .flatMap((file) =>
      titlesIn(readFileSync(path.join(root, file), "utf8")).map((title) => ({ file, title })),
    );
}

/** Ids of CIS Kubernetes Benchmark that a title names, as in `CIS 4.1.3, 4.1.4: …` or `… (CIS 5.1.3)`. */
export function cisIdsOf(title: string): string[] {
  return [...title.matchAll(/\bCIS ((?:\d+(?:\.\d+)+(?:, )?)+)/g)].flatMap(([, ids = ""]) =>
    ids.split(", ").filter((id) => id !== ""),
  );
}
