import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { updates } from "../../../components/hosts/hardening/updates";
import { manifestOf } from "../../../components/plan/manifest";
import { mergeFragments } from "../../../components/plan/merge";
import { readScript } from "../../../components/plan/read-script";
import { renderScript } from "../../../components/plan/script";
import type { HostExpectation } from "../../../drift/compare-host";
import { lookAtFacts } from "../../../drift/look-at-facts";
import { excludedPackages, renderLookScript } from "../../../drift/look-script";
import { factsOf } from "../../support/healthy-host";

const script = readScript(
  renderScript(mergeFragments({ updates: updates({ automaticReboot: false }) }), "harden"),
);
assert.ok(script);
const manifest = manifestOf(script);
const expectation: HostExpectation = {
  role: undefined,
  adminUser: "redoubt",
  sshPort: 22,
  promised: manifest.map((entry) => ({ entry, urns: [] })),
  deliveries: [],
};

/** As apt-cache 2.6 prints it. */
const policy = (name: string, installed: string, candidate: string): string =>
  `${name}:\n  Installed: ${installed}\n  Candidate: ${candidate}\n  Version table:\n     ${candidate} 500\n        500 http://deb.debian.org/debian bookworm/main amd64 Packages\n`;

describe("updates that wait for the operator", () => {
  const look = (answer: string): { findings: number; warnings: readonly string[] } => {
    const facts = factsOf(expectation, (host) => (host.updates = answer));
    const found = lookAtFacts(expectation, facts, new Map(), {
      asked: facts.time,
      answered: facts.time,
    });
    assert.ok(found.seen);
    return { findings: found.findings.length, warnings: found.warnings };
  };

  it("are those of the packages that the plan keeps from being upgraded, and of no others", () => {
    assert.deepEqual(excludedPackages(manifest), ["containerd", "runc"]);
    assert.match(renderLookScript(manifest), /\nfact updates apt-cache policy containerd runc\n/);
    assert.match(renderLookScript([]), /\nfact updates true\n/);
  });

  it("are warnings, and no drift", () => {
    const answer = policy("containerd", "1.6.20~ds1-1+deb12u1", "1.6.20~ds1-1+deb12u3");
    const { findings, warnings } = look(answer + policy("runc", "1.1.5+ds1-1", "1.1.5+ds1-1"));
    assert.equal(findings, 0);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /^package containerd is 1\.6\.20~ds1-1\+deb12u1, and apt knows 1\.6\.20~ds1-1\+deb12u3: .* --only-upgrade containerd /,
    );
  });

  it("are none where nothing is newer, or the package is not installed", () => {
    const current = policy("containerd", "1.7.24", "1.7.24");
    assert.deepEqual(look(current + policy("runc", "(none)", "1.1.5")).warnings, []);
    assert.deepEqual(look(policy("runc", "1.1.5", "(none)")).warnings, []);
    assert.deepEqual(look("").warnings, []);
  });
});
