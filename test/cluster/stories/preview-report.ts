import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import type { TestCluster } from "../../support/cluster";

export function previewReportStory(cluster: TestCluster): void {
  describe("The report of a preview", () => {
    it("says what an added name of the API server does, shows no secret, and changes nothing", async () => {
      const settings = readFileSync(cluster.configFile, "utf8");
      const [markdown, html] = ["report.md", "report.html"].map((name) => path.join(cluster.folder, name));
      assert.ok(markdown !== undefined && html !== undefined);
      const before = cluster.exportedState();
      cluster.editConfiguration((block) => {
        block("apiServer")["subjectAltNames"] = ["api.example.org"];
      });
      try {
        const args = ["--markdown", markdown, "--html", html];
        const outcome = await cluster.npmRun("preview-report", args);
        assert.equal(outcome.code, 0, outcome.stderr);
      } finally {
        writeFileSync(cluster.configFile, settings);
      }
      const report = readFileSync(markdown, "utf8");
      assert.match(report, /^<!-- redoubt-preview-report:.*\n## .*: restart of one control plane\n/);
      assert.match(report, /\| `dnsNames` \| – \| `api\.example\.org` \|/);
      for (const text of [report, readFileSync(html, "utf8")]) {
        assert.doesNotMatch(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----|client-key-data: [A-Za-z0-9+/=]{40}/);
      }
      assert.equal(cluster.exportedState(), before);
    });
  });
}
