import { writeFileSync } from "node:fs";
import path from "node:path";
import { renderAuditorPage } from "../policies/controls/page";
import { readTestTitles } from "../policies/controls/test-titles";
import { allRules } from "../policies/rules";
import { SecretnessBook } from "../policies/secrets";
import { main } from "./main";
import { projectFolder } from "./stack";

/** `npm run docs:auditor`: writes the page of controls, each with its setting, policy rule and test. */
main(() => {
  const evidence = { rules: allRules(new SecretnessBook()), tests: readTestTitles(projectFolder) };
  writeFileSync(path.join(projectFolder, "docs", "auditor.md"), renderAuditorPage(evidence));
  return Promise.resolve();
});
