import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { etcdMember } from "../../../components/etcd/etcd-member";
import { hardeningFragments } from "../../../components/hosts/hardening/harden";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import { mergeFragments } from "../../../components/plan/merge";
import type { HostPlan, UnitSpec } from "../../../components/plan/plan";
import { readScript, type ScriptContents } from "../../../components/plan/read-script";
import { planFiles, renderConfirm, renderScript } from "../../../components/plan/script";
import { renderSecretScript } from "../../../components/plan/secret-script";
import { artifacts } from "../../support/fixture-cluster";
import { ofType } from "../../support/mocks";
import { controlPlanePlan } from "../control-plane/plan";
import { nodePlan } from "../node/plan";
import { recordProgram } from "../stack/program";

/** A plan that uses every list, and texts that a careless reader would trip over. */
const everything: HostPlan = mergeFragments({
  everything: {
    packages: ["jq", "nftables"],
    groups: [{ name: "readers" }],
    users: [
      { name: "daemon-user", system: true, group: "readers" },
      { name: "person", groups: ["sudo", "adm"], shell: "/bin/sh", home: "/srv/it's here" },
    ],
    directories: [
      { path: "/srv/sticky", mode: "1777" },
      { path: "/srv/none", mode: "0000", group: "readers" },
    ],
    artifacts: [
      {
        name: "etcd",
        version: "3.6.0",
        url: "https://example.org/etcd",
        sha256: "ab",
        path: "/usr/bin/etcd",
      },
    ],
    files: [
      {
        path: "/etc/x",
        content: "END\n\nunit x.service enabled started none none\n",
        validate: ["x", "-f", "{}"],
      },
      { path: "/etc/marker", content: "# --- the plan: other ---\nreport\n", mode: "0600", owner: "person" },
      { path: "/etc/blank", content: "\n" },
    ],
    links: [{ path: "/etc/link", target: "/etc/x" }],
    absent: ["/etc/old", "/etc/a file"],
    kernelModules: [
      { name: "br_netfilter", state: "loaded" },
      { name: "usb_storage", state: "blocked" },
      { name: "dccp", state: "blocked" },
    ],
    sysctls: [
      { key: "net.ipv4.ip_forward", value: "1" },
      { key: "kernel.core_pattern", value: "|/bin/false it's", namespaced: false },
    ],
    mounts: [
      { path: "/tmp", options: ["nosuid", "nodev"] },
      { path: "/dev/shm", options: ["noexec"] },
    ],
    steps: [
      { description: "a\nstep", unless: ["test", "-e", "/x y"], command: ["sh", "-c", "touch '/x y'; :"] },
    ],
    units: [
      {
        name: "a.service",
        content: "[Service]\nExecStart=/bin/a\n",
        restartOn: ["/etc/x"],
        reloadOn: ["/etc/blank"],
        safeRestart: {
          ready: ["sh", "-c", "test -e '/x y'"],
          timeoutSeconds: 7,
          check: ["/bin/check", "{}"],
          alsoProtects: ["/etc/it's"],
        },
      },
      { name: "b.timer", state: "stopped", enabled: true, needsOwnKernel: true },
      { name: "c.service", state: "masked" },
    ],
    preconditions: [{ description: "first", command: ["test", "-e", "/it's"], timeoutSeconds: 5 }],
    readiness: [
      { description: "a answers", command: ["curl", "https://[::1]:1/?a=b&c"], timeoutSeconds: 30 },
    ],
    closingSteps: [
      { description: "what it's for", unless: ["test", "-e", "/a b"], command: ["touch", "/a b"] },
    ],
    notApplicableInContainer: [{ what: "time; fi", why: "the box's clock" }],
    guarded: [{ path: "/etc/x", activate: ["systemctl", "reload", "it's.service"] }],
  },
});

const peer = { name: "control-plane-0", address: "10.77.5.10" };
const plans: Readonly<Record<string, HostPlan>> = {
  everything,
  nothing: mergeFragments({}),
  "control-plane": controlPlanePlan,
  etcd: mergeFragments({
    etcd: etcdMember({ member: peer, members: [peer], clusterToken: "test", artifacts }),
  }),
  ...Object.fromEntries(
    ["control-plane-0", "worker-0", "worker-1"].map((name) => [`node of ${name}`, nodePlan(name)]),
  ),
  ...Object.fromEntries(
    (["control-plane", "worker"] as const).map((role) => [
      `harden of a ${role}`,
      mergeFragments({
        "service-accounts": serviceAccounts(role),
        ...hardeningFragments({
          role,
          adminUser: "redoubt",
          automaticReboot: false,
          timeServers: ["192.0.2.1"],
          podCidr: "10.244.32.0/24",
          serviceClusterIpRange: "10.96.0.0/16",
          sources: { operators: [], apiClients: [], controlPlanes: ["10.77.5.10"], nodes: [], pods: [] },
        }),
      }),
    ]),
  ),
};

/** What the reader must find, said from the plan; digests are left to the script's own tests. */
function expected(plan: HostPlan, phase: string): unknown {
  const withDefaults = { owner: "root", group: "root" };
  const mounts: UnitSpec[] = plan.mounts.length === 0 ? [] : [{ name: `redoubt-mounts-${phase}.service` }];
  const files = planFiles(plan, phase);
  const users = plan.users.map((user) => ({
    group: user.name,
    groups: [],
    system: false,
    home: user.system === true ? "/nonexistent" : `/home/${user.name}`,
    shell: user.system === true ? "/usr/sbin/nologin" : "/bin/bash",
    ...user,
  }));
  return {
    phase,
    packages: plan.packages,
    groups: [...new Set([...plan.groups.map(({ name }) => name), ...users.map(({ group }) => group)])],
    users,
    directories: plan.directories.map((item) => ({ ...withDefaults, mode: "0755", ...item })),
    artifacts: plan.artifacts,
    files: files.map((item) => ({ ...withDefaults, mode: "0644", validate: [], ...item })),
    links: plan.links,
    absent: plan.absent,
    kernelModules: [...plan.kernelModules].sort((left, right) => right.state.localeCompare(left.state)),
    sysctls: plan.sysctls.map((item) => ({ namespaced: true, ...item })),
    mounts: plan.mounts,
    steps: [...plan.steps, ...plan.closingSteps],
    units: [...plan.units, ...mounts].map((unit) => {
      const own = `/etc/systemd/system/${unit.name}`;
      const restartOn = [...(files.some(({ path }) => path === own) ? [own] : []), ...(unit.restartOn ?? [])];
      return {
        name: unit.name,
        state: unit.state ?? "started",
        enabled: unit.enabled ?? (unit.state ?? "started") === "started",
        needsOwnKernel: unit.needsOwnKernel === true,
        safeRestart: unit.safeRestart && {
          ready: unit.safeRestart.ready,
          timeoutSeconds: unit.safeRestart.timeoutSeconds,
          check: unit.safeRestart.check ?? [],
          protects: [...restartOn, ...(unit.safeRestart.alsoProtects ?? [])],
        },
        restartOn: [...restartOn].sort(),
        reloadOn: [...(unit.reloadOn ?? [])].sort(),
      };
    }),
    preconditions: plan.preconditions,
    readiness: plan.readiness,
    notApplicableInContainer: plan.notApplicableInContainer,
    guarded: plan.guarded,
  };
}

/** What was found, in the form of {@link expected}. */
function comparable(found: ScriptContents | undefined): unknown {
  assert.ok(found);
  const units = found.units.map(({ restartDigest, reloadDigest, ...unit }) => {
    assert.match(restartDigest, unit.restartOn.length === 0 ? /^none$/ : /^[0-9a-f]{12}$/);
    assert.match(reloadDigest, unit.reloadOn.length === 0 ? /^none$/ : /^[0-9a-f]{12}$/);
    return { ...unit, restartOn: [...unit.restartOn].sort(), reloadOn: [...unit.reloadOn].sort() };
  });
  return { ...found, units };
}

describe("a script that is read back", () => {
  for (const [name, plan] of Object.entries(plans)) {
    it(`says what the plan said: ${name}`, () => {
      assert.deepEqual(
        comparable(readScript(renderScript(plan, "some-phase"))),
        expected(plan, "some-phase"),
      );
    });
  }

  it("is read whatever the fixed functions before it are: they may be of another version", () => {
    const script = renderScript(everything, "node");
    const plan = script.slice(script.indexOf("# --- the plan:"));
    assert.deepEqual(readScript(`#!/bin/sh\n${plan}`), readScript(script));
  });

  it("is not read when it says what this version does not know", () => {
    const script = renderScript(everything, "node");
    assert.throws(
      () => readScript(script.replace(/report\n\}\n$/, "reboot\n}\n")),
      /phase node can't be read.*reboot/,
    );
    assert.throws(() => readScript(script.replace(/report\n\}\n$/, "rm -rf $HOME\n}\n")), /can't be read/);
    assert.throws(() => readScript(script.replace(/^restarts\[/m, "secrets[")), /no table secrets/);
    assert.throws(
      () => readScript(script.replace("file /etc/x root root 644", "file /etc/x root root")),
      /read/,
    );
    assert.throws(() => readScript(script.replace(/report\n\}\n$/, "}\n")), /cut off/);
    const inText = script.indexOf("END_\n", script.indexOf("\nEND\n"));
    assert.throws(() => readScript(script.slice(0, inText)), /cut off/);
    assert.throws(() => readScript(`${script.slice(0, inText)}\n}\n`), /no end/);
  });
});

describe("what is no plan's script", () => {
  const secret = { path: "/k", owner: "x", group: "x", restart: ["x.service"] };

  it("is not read: secrets, even such as look like a plan", () => {
    for (const content of ["k\n", "# --- the plan: node ---\nreport\n", "# --- the plan: node ---\n"]) {
      assert.equal(readScript(renderSecretScript([], [{ ...secret, content }])), undefined);
    }
  });

  it("is not read: confirmations, other text, redacted text", () => {
    for (const text of [renderConfirm(everything, "x"), "", "[secret]", "echo '# --- the plan: x ---'\n"]) {
      assert.equal(readScript(text), undefined);
    }
  });
});

describe("the scripts of the whole stack", () => {
  let scripts: { name: string; stdin: string; secret: boolean }[] = [];
  before(async () => {
    const commands = ofType(await recordProgram(), "command:remote:Command").values();
    scripts = [...commands].map(({ name, inputs, secretInputs }) => ({
      name,
      stdin: String(inputs["stdin"]),
      secret: secretInputs.includes("stdin"),
    }));
  });

  it("are read, each one that applies a plan, and no other", () => {
    const read = scripts.filter(({ stdin }) => readScript(stdin) !== undefined).map(({ name }) => name);
    const applies = scripts.filter(({ name }) => name.endsWith("-apply")).map(({ name }) => name);
    assert.deepEqual(read, applies);
    assert.ok(read.length >= 8);
  });

  it("are never read when they are secret", () => {
    const secrets = scripts.filter(({ secret }) => secret);
    assert.ok(secrets.length >= 3);
    for (const { name, stdin } of secrets) assert.equal(readScript(stdin), undefined, name);
  });
});
