import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { renderHtml } from "../../../report/html";
import type { ImpactClass } from "../../../report/impact";
import { githubCommentLimit, renderMarkdown } from "../../../report/markdown";
import { readPreview } from "../../../report/preview";
import { buildReport, isAcceptable, type Report } from "../../../report/report";
import { assertGolden } from "../../support/golden";

const recordings = path.join(__dirname, "../../golden/recorded-previews");

function reportOf(name: string): Report {
  return buildReport(readPreview(readFileSync(path.join(recordings, `${name}.jsonl`), "utf8")), "dev");
}

/** `places, title: class` of the changes that hurt, and of each whose title matches. */
function harmful(report: Report): string[] {
  return report.groups.flatMap(({ places, changes }) =>
    changes
      .filter(({ impact }) => impact.class !== "none")
      .map(({ title, impact }) => `${places.join("+")}, ${title}: ${impact.class}`),
  );
}

/** Previews of real changes of a running cluster (one control plane, one worker), and what must be read in them. */
const cases: Readonly<
  Record<string, { readonly worst: ImpactClass; readonly check: (report: Report) => void }>
> = {
  "added-san": {
    worst: "restart-control-plane",
    check: (report) => {
      const [certificate] = report.groups[0]?.changes ?? [];
      assert.equal(certificate?.title, "certificate pki-kube-apiserver-control-plane-0");
      assert.deepEqual(certificate.fields, [
        { path: "dnsNames", before: undefined, after: "api.example.org" },
      ]);
      assert.deepEqual(
        report.groups.map(({ places }) => places),
        [["control-plane-0"]],
      );
    },
  },
  "sshd-option": {
    worst: "reload",
    check: (report) => {
      assert.deepEqual(
        report.groups.map(({ places }) => places),
        [["control-plane-0", "worker-0"]],
      );
      const [file] = report.groups[0]?.changes ?? [];
      assert.match(file?.title ?? "", /^file \/etc\/ssh\/sshd_config\.d\//);
      assert.match(file?.diff ?? "", /^-LoginGraceTime 30\n\+LoginGraceTime 20$/m);
      assert.match(file?.impact.reason ?? "", /put back unless a second login confirms it/);
    },
  },
  "network-policy": {
    worst: "reload",
    check: (report) => {
      assert.deepEqual(harmful(report).sort(), [
        "namespace app, NetworkPolicy allow-mail-egress: reload",
        "namespace app, NetworkPolicy allow-web-to-db-egress: reload",
        "namespace app, NetworkPolicy allow-web-to-db-ingress: reload",
      ]);
      const policy = report.groups[0]?.changes.find(({ operation }) => operation === "update");
      assert.match(policy?.fields?.[0]?.path ?? "", /^spec\.(?:in|e)gress\[0\]\.ports$/);
      assert.match(policy?.fields?.[0]?.after ?? "", /6432/);
    },
  },
  "kubernetes-version": {
    worst: "drain",
    check: (report) => {
      const changes = harmful(report);
      for (const expected of [
        /control-plane-0.*, program kubelet .*: drain/,
        /worker-0, program kubelet .*: drain/,
        /control-plane-0, program kube-apiserver .*: restart-control-plane/,
        /worker-0, program kube-proxy .*: restart-kubelet/,
      ]) {
        assert.ok(
          changes.some((line) => expected.test(line)),
          `${expected} in ${changes.join("\n")}`,
        );
      }
    },
  },
  "removed-worker": {
    worst: "drain",
    check: (report) => {
      const changes = harmful(report);
      assert.ok(changes.includes("worker-0, host leaves the cluster: drain"));
      assert.ok(changes.includes("namespace kube-system, Deployment coredns: drain"));
      assert.match(report.worst.reason, /emptyDir, hostPath/);
    },
  },
};

describe("the report of a recorded preview", () => {
  for (const [name, { worst, check }] of Object.entries(cases)) {
    it(`says what it does: ${name}`, () => {
      const report = reportOf(name);
      assert.equal(report.worst.class, worst);
      check(report);
      assert.ok(isAcceptable(report));
    });

    it(`reads as its golden: ${name}`, () => {
      const report = reportOf(name);
      const markdown = renderMarkdown(report);
      assert.ok(markdown.length <= githubCommentLimit);
      assertGolden(`preview-report/${name}`, { "/report.md": markdown, "/report.html": renderHtml(report) });
    });

    it(`reads the same in whatever order the engine tells it: ${name}`, () => {
      const preview = readPreview(readFileSync(path.join(recordings, `${name}.jsonl`), "utf8"));
      const violations = ["b", "a", "c"].map((policy) => ({
        pack: "pack",
        policy,
        level: "advisory",
        message: "",
        resource: "urn",
      }));
      const report = buildReport({ ...preview, violations }, "dev");
      const turned = {
        ...preview,
        steps: [...preview.steps].reverse(),
        violations: [...violations].reverse(),
      };
      assert.deepEqual(buildReport(turned, "dev"), report);
    });

    it(`shows no secret: ${name}`, () => {
      const text = readFileSync(path.join(recordings, `${name}.jsonl`), "utf8");
      for (const shown of [text, renderMarkdown(reportOf(name)), renderHtml(reportOf(name))]) {
        assert.doesNotMatch(shown, /PRIVATE KEY|client-key-data|LS0tLS1CRUdJTi/);
      }
    });
  }

  it("finds nothing where nothing changes", () => {
    const text = readFileSync(path.join(recordings, "removed-worker.jsonl"), "utf8");
    const quiet = text
      .split("\n")
      .filter((line) => !line.includes("resourcePreEvent") || line.includes('"op":"same"'))
      .filter((line) => !line.includes("resOutputsEvent"))
      .join("\n");
    assert.equal(buildReport(readPreview(quiet)).worstChange, undefined);
  });
});
