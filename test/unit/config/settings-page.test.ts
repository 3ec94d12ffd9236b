import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { renderSettingsPage } from "../../../components/config/settings-page";

describe("the page of all settings", () => {
  it("is what the schema says (npm run docs:settings writes it)", () => {
    const committed = readFileSync(path.join(__dirname, "../../../docs/settings.md"), "utf8");
    assert.equal(committed, renderSettingsPage());
  });

  it("says of every setting what it means", () => {
    const rows = renderSettingsPage()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    assert.ok(rows.length > 40);
    for (const row of rows) assert.doesNotMatch(row, /\|\s+\|$/, row);
  });
});
