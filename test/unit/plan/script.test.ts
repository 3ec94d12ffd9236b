import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { PlanFragment } from "../../../components/plan/plan";
import { convergeFunctions } from "../../../components/plan/functions";
import { hereDocument } from "../../../components/plan/here-document";
import { renderConfirm, renderScript } from "../../../components/plan/script";
import { renderSecretScript } from "../../../components/plan/secret-script";

const unit = "[Service]\nExecStart=/bin/x\n";

function scriptOf(fragment: PlanFragment): string {
  return renderScript(mergeFragments({ test: fragment }), "test").slice(convergeFunctions.length);
}

/** What the script is told of a unit: its name and digests. */
function unitLine(fragment: PlanFragment): string {
  return scriptOf(fragment)
    .split("\n")
    .filter((line) => line.startsWith("unit "))
    .join();
}

describe("a rendered script", () => {
  it("shows a file as it will lie on disk", () => {
    const script = scriptOf({ files: [{ path: "/etc/x", content: "a = $b\nc\n", mode: "0640" }] });
    assert.match(script, /\nfile \/etc\/x root root 640 <<'END'\na = \$b\nc\nEND\n/);
  });

  it("ends a file where it ends, whatever stands in it", () => {
    assert.equal(hereDocument("END\n"), "<<'END_'\nEND\nEND_\n");
    assert.equal(hereDocument("END\nEND_\n"), "<<'END__'\nEND\nEND_\nEND__\n");
  });

  it("tells by the digest which unit will restart: on its own file, on what it names, on nothing else", () => {
    const units = [{ name: "x.service", content: unit, restartOn: ["/etc/x"] }];
    const before = unitLine({ units, files: [{ path: "/etc/x", content: "a\n" }] });
    assert.notEqual(unitLine({ units, files: [{ path: "/etc/x", content: "b\n" }] }), before);
    const other = [{ name: "x.service", content: `${unit}User=x\n`, restartOn: ["/etc/x"] }];
    assert.notEqual(unitLine({ units: other, files: [{ path: "/etc/x", content: "a\n" }] }), before);
    const files = [
      { path: "/etc/x", content: "a\n" },
      { path: "/etc/y", content: "y\n" },
    ];
    assert.equal(unitLine({ units, files }), before);
  });

  it("does things in the order of the plan, and reports last", () => {
    const script = scriptOf({
      units: [{ name: "x.service", content: unit }],
      files: [{ path: "/etc/x", content: "x\n" }],
      users: [{ name: "x", system: true }],
      packages: ["jq"],
      closingSteps: [{ description: "asked x", unless: ["false"], command: ["true"] }],
      readiness: [{ description: "x answers", command: ["true"], timeoutSeconds: 5 }],
    });
    const order = [
      "packages jq",
      "user x",
      "file /etc/x",
      "unit x.service",
      "units_done",
      "ready 'x answers'",
      "step 'asked x'",
      "report",
    ];
    const places = order.map((call) => script.indexOf(`\n${call}`));
    assert.deepEqual(
      places,
      [...places].sort((left, right) => left - right),
    );
    assert.ok(
      places.every((place) => place >= 0),
      places.join(),
    );
  });

  it("makes a guarded change known to the second login by its checksum", () => {
    const plan = mergeFragments({
      a: {
        files: [{ path: "/etc/x", content: "x\n" }],
        guarded: [{ path: "/etc/x", activate: ["systemctl", "reload", "x"] }],
      },
    });
    assert.match(renderScript(plan, "test"), /activation\[\/etc\/x\]='systemctl reload x'/);
    assert.match(
      renderConfirm(plan, "test"),
      /confirm 73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac \/etc\/x/,
    );
  });
});

describe("a script of secrets", () => {
  it("restarts who reads a changed file", () => {
    const script = renderSecretScript(
      [],
      [{ path: "/k", owner: "x", group: "x", content: "k\n", restart: ["x.service"] }],
    );
    assert.match(script, /readers\[\/k\]=x\.service/);
    assert.match(script, /\nfile \/k x x 600 <<'END'\nk\nEND\n/);
    assert.ok(script.trimEnd().endsWith("restart_readers\nreport\n}"));
  });

  it("refuses what is no text", () => {
    assert.throws(
      () => renderSecretScript([], [{ path: "/k", owner: "x", group: "x", content: "k" }]),
      /must be text/,
    );
  });
});
