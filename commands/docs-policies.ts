import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { renderPage } from "../policies/page";
import { allRules } from "../policies/rules";
import { SecretnessBook } from "../policies/secrets";
import { main } from "./main";
import { projectFolder } from "./stack";

/** `npm run docs:policies`: writes the tables of all rules into their page. */
main(() => {
  const file = path.join(projectFolder, "docs", "policies.md");
  writeFileSync(file, renderPage(readFileSync(file, "utf8"), allRules(new SecretnessBook())));
  return Promise.resolve();
});
