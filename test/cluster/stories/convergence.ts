import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram, type ClusterOutputs, type TestCluster } from "../../support/cluster";
import { everyNodeSpokeSince } from "../../support/heartbeats";
import { lockOut } from "./lockout";

/** Everything on a host that a second run could have touched: inode, time and mode of files, start times of units. */
export const fingerprintCommand =
  "sudo find /etc /usr/local /opt/cni /var/lib/kubelet/config.yaml /var/lib/kubelet/pki -xdev -type f -printf '%p %i %T@ %m %u\\n' | sort; " +
  "systemctl show --property=Id,ActiveEnterTimestampMonotonic,NRestarts etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kube-router containerd ssh redoubt-firewall";

export function upAgainStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("Up again", () => {
    it("changes nothing, on the hosts neither", async () => {
      const before = outputs().nodeTable.map(
        (node) => cluster.ssh(outputs(), node.name, fingerprintCommand).stdout,
      );
      const { code, stdout, stderr } = await cluster.npmRun("up", ["--expect-no-changes"]);
      assert.equal(code, 0, stdout + stderr);
      const after = outputs().nodeTable.map(
        (node) => cluster.ssh(outputs(), node.name, fingerprintCommand).stdout,
      );
      assert.ok(before.every((text) => text.length > 1000));
      assert.deepEqual(after, before);
    });

    it("finds a state that holds nothing of the lines of the program, which every save would carry", () => {
      const resources = cluster.resources();
      const traced = resources.filter((resource) => "stackTrace" in resource).map(({ type }) => type);
      assert.ok(resources.length > 100);
      // Pulumi registers the stack before it loads the program.
      assert.deepEqual(traced, ["pulumi:pulumi:Stack"]);
    });
  });
}

export function convergenceStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  upAgainStory(cluster, outputs);
  describe("A preview after that", () => {
    it("shows no change", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("preview", []);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /\d+ unchanged/);
      // What is replaced has a sign of two characters, and no space behind it.
      assert.doesNotMatch(stdout, /^\s*(?:[-+~] |\+[-+])/m);
    });
  });
  const kubectl = (...args: string[]): string => cluster.kubectl(outputs().kubeconfig, args).stdout;
  const allReady = (): boolean => {
    const answer = kubectl(
      "get",
      "nodes",
      "-o",
      "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}",
    );
    return answer.trim() === "True True True";
  };
  /** Waits until a machine whose power was cut is part of the cluster again, as it tells itself and not as etcd remembers it. */
  const heals = async (host: string, cut: number): Promise<void> => {
    const isHealed = (): boolean => allReady() && everyNodeSpokeSince(cluster, outputs(), cut);
    const end = Date.now() + 90_000;
    while (!isHealed() && Date.now() < end) await sleep(500);
    assert.ok(isHealed(), kubectl("get", "nodes,leases", "--all-namespaces"));
    assert.equal(cluster.ssh(outputs(), host, "systemctl is-active kubelet").stdout.trim(), "active");
  };

  describe("Machines of one box", () => {
    it("have control groups of their own, so that none takes another's away while it boots", () => {
      const groups = outputs().nodeTable.map(({ name }) => {
        const nspawn = readFileSync(`/var/lib/redoubt-machines/${cluster.stack}/${name}/pid`, "utf8").trim();
        const first = runProgram("pgrep", ["--parent", nspawn]).stdout.trim();
        // proc(5), /proc/pid/cgroup: systemd's own hierarchy of version 1, or the one of version 2.
        const lines = readFileSync(`/proc/${first}/cgroup`, "utf8").split("\n");
        return lines.filter((line) => /^(\d+:name=systemd|0:):/.test(line)).join("\n");
      });
      assert.ok(groups.every((group) => group !== ""));
      assert.equal(new Set(groups).size, groups.length, groups.join("\n"));
    });
  });

  describe("The only member of etcd, when its data are gone", () => {
    it("begins no empty cluster, drift says so, and with its data it goes on", async () => {
      const controlPlane = outputs().nodeTable.find((node) => node.role === "control-plane")?.name ?? "";
      const asRoot = (command: string): ReturnType<typeof cluster.ssh> =>
        cluster.ssh(outputs(), controlPlane, `sudo sh -c '${command}'`);
      const lose = "mv /var/lib/etcd/member /var/lib/etcd/kept && systemctl kill --signal=KILL etcd";
      const bringBack = "test -e /var/lib/etcd/member || mv /var/lib/etcd/kept /var/lib/etcd/member";
      // The step that would join it or let it be born, as the program runs it.
      const stepOf = /^step 'etcd: finding the other members' [^]*?' join control-plane.*$/m;
      const script = cluster
        .resources()
        .map(({ inputs }) => (typeof inputs?.["stdin"] === "string" ? inputs["stdin"] : ""))
        .find((text) => stepOf.test(text));
      try {
        assert.equal(asRoot(lose).code, 0);
        // systemd tries to start it every second.
        await sleep(3000);
        assert.equal(asRoot("test -e /var/lib/etcd/member").code, 1, "etcd began an empty cluster");
        const log = asRoot("journalctl --unit=etcd --lines=20 --output=cat").stdout;
        assert.match(log, /there is no \/var\/lib\/etcd\/member\/wal.*Fix: /);
        const drift = await cluster.npmRun("drift");
        assert.equal(drift.code, 1, "the API server does not answer");
        assert.match(drift.stdout, /etcd: finding the other members/);
        const step = `. /usr/local/lib/redoubt/converge.sh\n${stepOf.exec(script ?? "")?.[0] ?? ""}\n`;
        const born = cluster.ssh(outputs(), controlPlane, "sudo bash -s", step);
        assert.notEqual(born.code, 0);
        assert.match(born.stderr, /etcd ran on this host before, its data are gone.*Fix: /);
        assert.equal(asRoot("test -e /var/lib/etcd/member").code, 1);
      } finally {
        assert.equal(asRoot(bringBack).code, 0);
      }
      const end = Date.now() + 90_000;
      while (!allReady() && Date.now() < end) await sleep(500);
      assert.ok(allReady(), kubectl("get", "nodes"));
      assert.match(kubectl("--namespace", "app", "get", "secret", "canary", "-o", "name"), /secret\/canary/);
    });
  });

  describe("A machine that lost its power", () => {
    it("comes back with its data and without what no login confirmed, and the cluster heals", async () => {
      const worker = outputs().nodeTable.find((node) => node.role === "worker")?.name ?? "";
      lockOut(cluster, outputs(), worker);
      assert.equal(cluster.machine("stop", worker).code, 0);
      const cut = Date.now();
      const started = await cluster.npmRun("up");
      assert.equal(started.code, 0, started.stdout + started.stderr);
      const reverts = "sudo journalctl --boot --identifier=redoubt --output=cat";
      assert.match(cluster.ssh(outputs(), worker, reverts).stdout, /guarded files were reverted/);
      await heals(worker, cut);
    });

    it("may be the control plane: objects and audit log survive", async () => {
      const controlPlane = outputs().nodeTable.find((node) => node.role === "control-plane")?.name ?? "";
      const lastLine = "sudo tail -n 1 /var/log/kubernetes/audit.log";
      const [id] = /"auditID":"[^"]+"/.exec(cluster.ssh(outputs(), controlPlane, lastLine).stdout) ?? [];
      assert.ok(id, "the audit log ends with no event");
      assert.equal(cluster.machine("stop", controlPlane).code, 0);
      const cut = Date.now();
      assert.equal(cluster.machine("start", controlPlane).code, 0);
      await heals(controlPlane, cut);
      // Of every file, should the log have been rotated meanwhile.
      const find = `sudo grep --recursive --fixed-strings --no-filename '${id}' /var/log/kubernetes`;
      assert.notEqual(cluster.ssh(outputs(), controlPlane, find).stdout, "", `${id} is lost`);
      assert.match(kubectl("--namespace", "app", "get", "secret", "canary", "-o", "name"), /secret\/canary/);
    });
  });
}
