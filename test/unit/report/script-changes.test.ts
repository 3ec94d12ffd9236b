import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { PlanFragment } from "../../../components/plan/plan";
import { readScript, type ScriptContents } from "../../../components/plan/read-script";
import { renderScript } from "../../../components/plan/script";
import type { Change } from "../../../report/change";
import { scriptChanges } from "../../../report/script-changes";

function contents(fragment: PlanFragment): ScriptContents {
  const read = readScript(renderScript(mergeFragments({ test: fragment }), "node"));
  assert.ok(read);
  return read;
}

/** Changes from one plan to another. */
function changes(before: PlanFragment, after: PlanFragment): Omit<Change, "place">[] {
  return scriptChanges(contents(before), contents(after));
}

/** `title: class` of each change. */
function classes(before: PlanFragment, after: PlanFragment): string[] {
  return changes(before, after).map(({ title, impact }) => `${title}: ${impact.class}`);
}

const service = (name: string, ...flags: string[]): { name: string; content: string } => ({
  name,
  content: `[Service]\nExecStart=/usr/local/bin/x \\\n${flags.map((flag) => `  ${flag} \\\n`).join("")}  --last\n`,
});
const file = (path: string, content: string): { path: string; content: string } => ({ path, content });

describe("a file of a host", () => {
  it("is nothing to worry about when nothing depends on it", () => {
    const [change] = changes({ files: [file("/etc/motd", "a\n")] }, { files: [file("/etc/motd", "b\n")] });
    assert.equal(change?.impact.class, "none");
    assert.equal(change.diff, "@@ -1,1 +1,1 @@\n-a\n+b");
  });

  it("reloads what it is named by to reload, and restarts what it restarts", () => {
    const units = [{ ...service("x.service"), reloadOn: ["/etc/x"] }];
    const restarting = [{ ...service("x.service"), restartOn: ["/etc/x"] }];
    const [a, b] = [[file("/etc/x", "a\n")], [file("/etc/x", "b\n")]];
    assert.deepEqual(classes({ units, files: a }, { units, files: b }), ["file /etc/x: reload"]);
    assert.deepEqual(classes({ units: restarting, files: a }, { units: restarting, files: b }), [
      "file /etc/x: restart-kubelet",
    ]);
  });

  it("restarts nothing when the unit that names it is stopped", () => {
    const units = [{ ...service("x.service"), restartOn: ["/etc/x"], state: "stopped" as const }];
    assert.deepEqual(
      classes({ units, files: [file("/etc/x", "a\n")] }, { units, files: [file("/etc/x", "b\n")] }),
      ["file /etc/x: none"],
    );
  });

  it("takes the worst of several units", () => {
    const units = ["kubelet.service", "kube-apiserver.service"].map((name) => ({
      ...service(name),
      restartOn: ["/etc/x"],
    }));
    assert.deepEqual(
      classes({ units, files: [file("/etc/x", "a\n")] }, { units, files: [file("/etc/x", "b\n")] }),
      ["file /etc/x: restart-control-plane"],
    );
  });

  it("is reloaded behind its guard", () => {
    const plan = (content: string): PlanFragment => ({
      files: [file("/etc/ssh/sshd_config", content)],
      guarded: [{ path: "/etc/ssh/sshd_config", activate: ["systemctl", "reload", "ssh.service"] }],
    });
    const [change] = changes(plan("a\n"), plan("b\n"));
    assert.equal(change?.impact.class, "reload");
    assert.match(change.impact.reason, /systemctl reload ssh\.service.*put back unless a second login/);
  });

  it("wants a reboot where only the next boot reads it", () => {
    for (const [path, before, after] of [
      ["/etc/fstab", "a\n", "b\n"],
      ["/etc/default/grub.d/x.cfg", "a\n", "b\n"],
      ["/etc/audit/rules.d/x.rules", "-e 2\n", "-w /x\n-e 2\n"],
    ] as const) {
      const found = classes({ files: [file(path, before)] }, { files: [file(path, after)] });
      assert.deepEqual(found, [`file ${path}: reboot`]);
    }
    const rules = "/etc/audit/rules.d/x.rules";
    assert.deepEqual(classes({ files: [file(rules, "a\n")] }, { files: [file(rules, "-w /x\n")] }), [
      `file ${rules}: none`,
    ]);
  });

  it("wants pods made again when it is their network", () => {
    const path = "/etc/cni/net.d/10-pods.conflist";
    assert.deepEqual(classes({ files: [file(path, "a\n")] }, { files: [file(path, "b\n")] }), [
      `file ${path}: drain`,
    ]);
  });

  it("stays on the host when the plan forgets it", () => {
    const units = [{ ...service("x.service"), restartOn: ["/etc/y"] }];
    const [change] = changes({ units, files: [file("/etc/x", "a\n")] }, { units });
    assert.deepEqual([change?.operation, change?.impact.class], ["delete", "none"]);
    assert.match(change?.impact.reason ?? "", /stays on the host/);
  });

  it("tells of owner and mode, which restart nothing", () => {
    const units = [{ ...service("x.service"), restartOn: ["/etc/x"] }];
    const [change] = changes(
      { units, files: [file("/etc/x", "a\n")] },
      { units, files: [{ ...file("/etc/x", "a\n"), mode: "0600" }] },
    );
    assert.equal(change?.impact.class, "none");
    assert.deepEqual(change.fields, [{ path: "mode", before: "0644", after: "0600" }]);
  });
});

describe("a unit of a host", () => {
  it("shows its changed flags, and restarts", () => {
    const [change] = changes(
      { units: [service("kube-apiserver.service", "--authorization-mode=Node,RBAC", "--same=1", "--old")] },
      { units: [service("kube-apiserver.service", "--authorization-mode=Node,RBAC,ABAC", "--same=1")] },
    );
    assert.equal(change?.impact.class, "restart-control-plane");
    assert.deepEqual(change.fields, [
      { path: "--authorization-mode", before: "Node,RBAC", after: "Node,RBAC,ABAC" },
      { path: "--old", before: "true", after: undefined },
    ]);
  });

  it("is a restart of the node when it is the node's", () => {
    for (const name of ["kubelet.service", "containerd.service", "kube-proxy.service"]) {
      assert.deepEqual(classes({ units: [service(name, "--a")] }, { units: [service(name, "--b")] }), [
        `file /etc/systemd/system/${name}: restart-kubelet`,
      ]);
    }
  });

  it("loses data when etcd is pointed at another folder, and only then", () => {
    const etcd = (flag: string): PlanFragment => ({ units: [service("etcd.service", flag)] });
    const path = "file /etc/systemd/system/etcd.service";
    assert.deepEqual(classes(etcd("--data-dir=/a"), etcd("--data-dir=/b")), [`${path}: data-loss`]);
    assert.deepEqual(classes(etcd("--quota=1"), etcd("--quota=2")), [`${path}: restart-control-plane`]);
  });

  it("starts for the first time without harm, and stops with some", () => {
    const units = [service("kubelet.service")];
    assert.deepEqual(
      changes({}, { units }).map(({ title, impact }) => [title, impact.class]),
      [
        ["file /etc/systemd/system/kubelet.service", "none"],
        ["unit kubelet.service", "none"],
      ],
    );
    const stopped = [{ ...service("kubelet.service"), state: "stopped" as const }];
    const [change] = changes({ units }, { units: stopped });
    assert.deepEqual([change?.title, change?.impact.class], ["unit kubelet.service", "restart-kubelet"]);
    assert.match(change?.impact.reason ?? "", /stops/);
  });

  it("is told of when it restarts for something that no file shows", () => {
    const plan = (restartOn: string[]): PlanFragment => ({
      files: [file("/etc/x", "a\n"), file("/etc/y", "a\n")],
      units: [{ ...service("x.service"), restartOn }],
    });
    assert.deepEqual(classes(plan(["/etc/x"]), plan(["/etc/x", "/etc/y"])), [
      "unit x.service: restart-kubelet",
    ]);
  });
});

describe("a program of a host", () => {
  const kubelet = (version: string): PlanFragment => ({
    artifacts: [
      {
        name: "kubelet",
        version,
        url: `https://x/${version}`,
        sha256: version,
        path: "/usr/local/bin/kubelet",
      },
    ],
    units: [{ ...service("kubelet.service"), restartOn: ["/usr/local/bin/kubelet"] }],
  });

  it("restarts what runs it", () => {
    assert.deepEqual(classes(kubelet("1.35.3"), kubelet("1.35.4")), [
      "program kubelet (/usr/local/bin/kubelet): restart-kubelet",
    ]);
  });

  it("wants a drain when the kubelet changes its minor version", () => {
    assert.deepEqual(classes(kubelet("v1.35.4"), kubelet("v1.36.3")), [
      "program kubelet (/usr/local/bin/kubelet): drain",
    ]);
  });
});

describe("the rest of a host", () => {
  it("takes kernel parameters and mount options at once, module blocks with the next boot", () => {
    assert.deepEqual(
      classes(
        { sysctls: [{ key: "a.b", value: "0" }], mounts: [{ path: "/tmp", options: ["nodev"] }] },
        {
          sysctls: [{ key: "a.b", value: "1" }],
          mounts: [{ path: "/tmp", options: ["nodev", "nosuid"] }],
          kernelModules: [
            { name: "usb_storage", state: "blocked" },
            { name: "br_netfilter", state: "loaded" },
          ],
        },
      ).sort(),
      [
        "kernel module br_netfilter: reload",
        "kernel module usb_storage: reboot",
        "mount options of /tmp: reload",
        "sysctl a.b: reload",
      ],
    );
  });

  it("adds packages, users and directories beside what runs, but a kernel", () => {
    assert.deepEqual(
      classes(
        {},
        {
          packages: ["jq", "linux-image-amd64"],
          users: [{ name: "x", system: true }],
          directories: [{ path: "/srv/x" }],
        },
      ),
      [
        "package linux-image-amd64: reboot",
        "package jq: none",
        "group x: none",
        "user x: none",
        "directory /srv/x: none",
      ],
    );
  });

  it("loses data when etcd's folder is to be removed, and only then", () => {
    assert.deepEqual(classes({}, { absent: ["/var/lib/etcd"] }), ["removal of /var/lib/etcd: data-loss"]);
    assert.deepEqual(classes({}, { absent: ["/var/lib/etcdctl"] }), ["removal of /var/lib/etcdctl: none"]);
  });

  it("is one change when the phase is new", () => {
    const found = scriptChanges(undefined, contents({ packages: ["jq"], files: [file("/etc/x", "a\n")] }));
    assert.deepEqual(
      found.map(({ title, operation, impact }) => [title, operation, impact.class]),
      [["phase node", "create", "none"]],
    );
    assert.match(found[0]?.impact.reason ?? "", /1 package, 1 file$/);
  });

  it("is no change when the plan is the same", () => {
    const plan: PlanFragment = {
      files: [file("/etc/x", "a\n")],
      units: [service("x.service")],
      packages: ["jq"],
    };
    assert.deepEqual(changes(plan, plan), []);
  });
});
