import { writeFileSync } from "node:fs";
import path from "node:path";
import { renderSettingsPage } from "../components/config/settings-page";
import { main } from "./main";
import { projectFolder } from "./stack";

/** `npm run docs:settings`: writes the reference of all settings from their schema. */
main(() => {
  writeFileSync(path.join(projectFolder, "docs", "settings.md"), renderSettingsPage());
  return Promise.resolve();
});
