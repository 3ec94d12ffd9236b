import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { manifestOf, secretManifestOf, type ManifestEntry } from "../../../components/plan/manifest";
import { mergeFragments } from "../../../components/plan/merge";
import type { HostPlan, PlanFragment } from "../../../components/plan/plan";
import { readScript } from "../../../components/plan/read-script";
import { readSecretScript } from "../../../components/plan/read-secret-script";
import { planFiles, renderScript } from "../../../components/plan/script";
import { renderSecretScript } from "../../../components/plan/secret-script";
import { controlPlanePlan } from "../control-plane/plan";
import { nodePlan } from "../node/plan";

function manifest(plan: HostPlan): readonly ManifestEntry[] {
  const script = readScript(renderScript(plan, "test"));
  assert.ok(script);
  return manifestOf(script);
}

const of = (fragment: PlanFragment): readonly ManifestEntry[] => manifest(mergeFragments({ test: fragment }));

describe("the manifest of a plan", () => {
  it("promises a file with its content, and the unit that it belongs to", () => {
    const entries = of({ units: [{ name: "x.service", content: "[Service]\nExecStart=/bin/x\n" }] });
    assert.deepEqual(entries, [
      {
        kind: "file",
        path: "/etc/systemd/system/x.service",
        owner: "root",
        group: "root",
        mode: "0600",
        sha256: "a1dcdb6a44923dbf66920cb07f8932477edbfe4436477e1121bae0adf47a8b44",
        shown: "[Service]\nExecStart=/bin/x\n",
      },
      { kind: "unit", name: "x.service", enabled: true, state: "started", needsOwnKernel: false },
    ]);
  });

  it("says where an artifact's link leads, when it is one", () => {
    const artifact = { name: "a", version: "1", sha256: "ab", path: "/usr/local/bin/a" };
    assert.deepEqual(of({ artifacts: [{ ...artifact, url: "file:///store/a" }] }), [
      { kind: "artifact", path: "/usr/local/bin/a", sha256: "ab", target: "/store/a" },
    ]);
    assert.deepEqual(of({ artifacts: [{ ...artifact, url: "https://example.org/a" }] }), [
      { kind: "package", name: "ca-certificates" },
      { kind: "package", name: "curl" },
      { kind: "artifact", path: "/usr/local/bin/a", sha256: "ab", target: undefined },
    ]);
  });

  it("holds the check of a step, not its command", () => {
    const steps = [{ description: "so", unless: ["test", "-e", "/x"], command: ["touch", "/x"] }];
    assert.deepEqual(of({ steps }), [{ kind: "step", description: "so", unless: ["test", "-e", "/x"] }]);
  });

  for (const [name, plan] of [
    ["control plane", controlPlanePlan],
    ["node", nodePlan("worker-0")],
  ] as const) {
    it(`promises every file, directory, unit and artifact of a ${name}`, () => {
      const entries = manifest(plan);
      const pathsOf = (kind: string): (string | undefined)[] =>
        entries
          .filter((entry) => entry.kind === kind)
          .map((entry) => ("path" in entry ? entry.path : undefined));
      assert.deepEqual(
        pathsOf("file"),
        planFiles(plan, "test").map(({ path }) => path),
      );
      assert.deepEqual(
        pathsOf("directory"),
        plan.directories.map(({ path }) => path),
      );
      assert.deepEqual(
        pathsOf("artifact"),
        plan.artifacts.map(({ path }) => path),
      );
      const units = entries.flatMap((entry) => (entry.kind === "unit" ? [entry.name] : []));
      for (const { name: unit } of plan.units) assert.ok(units.includes(unit), unit);
    });
  }
});

describe("the manifest of secret files", () => {
  const script = renderSecretScript(
    [{ path: "/etc/keys", mode: "0700" }],
    [
      { path: "/etc/keys/key", owner: "etcd", group: "etcd", content: "secret\n", restart: ["etcd.service"] },
      { path: "/etc/keys/crt", owner: "etcd", group: "etcd", mode: "0644", content: "public\n" },
      { path: "/etc/keys/group", owner: "root", group: "etcd", mode: "0640", content: "shared\n" },
    ],
  );
  const contents = readSecretScript(script);
  assert.ok(contents);
  const entries = secretManifestOf(contents);

  it("promises owner, mode and checksum of each, and its folder", () => {
    assert.deepEqual(
      entries.map((entry) => ("mode" in entry ? `${entry.path} ${entry.owner} ${entry.mode}` : "")),
      [
        "/etc/keys root 0700",
        "/etc/keys/key etcd 0600",
        "/etc/keys/crt etcd 0644",
        "/etc/keys/group root 0640",
      ],
    );
  });

  it("keeps the content of what everybody may read, and of nothing else", () => {
    assert.match(JSON.stringify(entries), /public/);
    assert.doesNotMatch(JSON.stringify(entries), /secret\\n|shared/);
  });

  it("is read from no other script", () => {
    assert.equal(readSecretScript(renderScript(nodePlan("worker-0"), "node")), undefined);
    assert.equal(readSecretScript("true\n"), undefined);
  });

  it("tells nothing of a script that it can't read", () => {
    const broken = script.replace("file /etc/keys/key etcd etcd 600", 'file "$(cat /etc/keys/key)"');
    assert.throws(
      () => readSecretScript(broken),
      (error: Error) => !/secret\n|etcd/.test(error.message) && error.message.includes("run up once"),
    );
  });
});
