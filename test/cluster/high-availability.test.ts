import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterLayout } from "../../components/config/layout";
import { parseSettings } from "../../components/config/settings";
import { runProgram, TestCluster, type ClusterOutputs } from "../support/cluster";
import { LoadBalancer } from "../support/load-balancer";

const controlPlanes = 3;

/** Three control planes behind a load balancer that the operator provides. */
function configuration(endpoint: string, auditLogMaxAge: number): string {
  return `config:
  redoubt:hosts:
    controlPlanes: ${controlPlanes}
    workers: 1
  redoubt:apiServer:
    endpoint: ${endpoint}
    auditLog: { maxAge: ${auditLogMaxAge} }
`;
}

/** What a look at all API servers, and at the one behind the load balancer, gave at one moment. */
interface Look {
  readonly serving: number;
  readonly balanced: boolean;
}

/**
 * Three control planes: any one of them may be lost, and a change reaches one after the other. What a load balancer does with the
 * connections of a server that goes is its own affair; here it is HAProxy.
 */
describe("A cluster with three control planes", () => {
  const cluster = new TestCluster("ha", "");
  const settings = (endpoint: string): ReturnType<typeof parseSettings> =>
    parseSettings({ hosts: { controlPlanes, workers: 1 }, apiServer: { endpoint } }, cluster.stack);
  const { localNetwork, hosts } = clusterLayout(settings("api.example"));
  const gateway = localNetwork?.gateway ?? "";
  const addresses = hosts.filter(({ role }) => role === "control-plane").map(({ address }) => address);
  let balancer: LoadBalancer | undefined;
  let known: ClusterOutputs | undefined;
  const outputs = (): ClusterOutputs => (known ??= cluster.outputs());
  const kubectl = (...args: string[]): string => cluster.kubectl(outputs().kubeconfig, args).stdout.trim();
  const kubeconfigFile = path.join(cluster.folder, "watcher.kubeconfig");

  /** Whether an API server says that it is ready; asked with curl beside the test, so that many can be asked at once. */
  const isReady = (address: string): Promise<boolean> =>
    new Promise((resolve) => {
      const args = [
        "--kubeconfig",
        kubeconfigFile,
        "--server",
        `https://${address}:6443`,
        "--request-timeout=2s",
      ];
      spawn("kubectl", [...args, "get", "--raw", "/readyz"], { stdio: "ignore" }).on("close", (code) => {
        resolve(code === 0);
      });
    });
  const look = async (): Promise<Look> => {
    const [balanced, ...each] = await Promise.all([gateway, ...addresses].map(isReady));
    return { serving: each.filter((ready) => ready).length, balanced: balanced === true };
  };
  const becomes = async (seconds: number, condition: (seen: Look) => boolean): Promise<Look> => {
    const end = Date.now() + seconds * 1000;
    let seen = await look();
    while (!condition(seen) && Date.now() < end) {
      await sleep(200);
      seen = await look();
    }
    return seen;
  };

  before(() => {
    writeFileSync(cluster.configFile, configuration(gateway, 30));
    balancer = new LoadBalancer({ folder: cluster.folder, address: gateway, port: 6443, servers: addresses });
  });
  after(async () => {
    await cluster.remove();
    balancer?.stop();
  });

  it("comes up with every node Ready and a member of etcd on each control plane", async () => {
    const { code, stdout, stderr } = await cluster.npmRun("up");
    assert.equal(code, 0, stdout + stderr);
    writeFileSync(kubeconfigFile, outputs().kubeconfig, { mode: 0o600 });
    const ready = kubectl(
      "get",
      "nodes",
      "-o",
      "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}",
    );
    assert.equal(
      ready,
      Array(controlPlanes + 1)
        .fill("True")
        .join(" "),
    );
    const members = cluster.ssh(
      outputs(),
      "control-plane-0",
      `sudo etcdctl --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/peer.crt --key /etc/etcd/pki/peer.key --endpoints ${addresses.map((address) => `https://${address}:2379`).join(",")} endpoint health`,
    );
    assert.equal(
      (members.stdout + members.stderr).match(/is healthy/g)?.length,
      controlPlanes,
      members.stderr,
    );
  });

  it("keeps etcd from everybody but its members: a worker can't even connect", () => {
    const probe = `timeout 2 bash -c '</dev/tcp/${addresses[0] ?? ""}/2379'`;
    assert.equal(cluster.ssh(outputs(), "control-plane-1", probe).code, 0);
    assert.notEqual(cluster.ssh(outputs(), "worker-0", probe).code, 0);
  });

  it("serves on when the first control plane loses its power, and takes writes", async () => {
    assert.equal(cluster.machine("stop", "control-plane-0").code, 0);
    const seen = await becomes(30, ({ balanced, serving }) => balanced && serving === controlPlanes - 1);
    assert.deepEqual(seen, { serving: controlPlanes - 1, balanced: true });
    assert.match(kubectl("create", "configmap", "while-one-is-gone"), /created/);
  });

  it("is whole again after up, with what was written meanwhile", async () => {
    const { code, stdout, stderr } = await cluster.npmRun("up", ["--expect-no-changes"]);
    assert.equal(code, 0, stdout + stderr);
    const seen = await becomes(60, ({ serving }) => serving === controlPlanes);
    assert.deepEqual(seen, { serving: controlPlanes, balanced: true });
    const first = ["--server", `https://${addresses[0] ?? ""}:6443`];
    assert.match(
      kubectl(...first, "get", "configmap", "while-one-is-gone", "-o", "name"),
      /while-one-is-gone/,
    );
  });

  it("changes one API server after the other: the others serve all the time", async () => {
    writeFileSync(cluster.configFile, configuration(gateway, 31));
    const looks: Look[] = [];
    const progress = { ended: false };
    const change = cluster.npmRun("up").finally(() => (progress.ended = true));
    while (!progress.ended) looks.push(await look());
    const { code, stdout, stderr } = await change;
    assert.equal(code, 0, stdout + stderr);
    assert.ok(looks.length > 5, `only ${looks.length} looks`);
    const fewest = Math.min(...looks.map(({ serving }) => serving));
    assert.equal(fewest, controlPlanes - 1, "one at a time was away, and one was seen away");
    for (const { name } of outputs().nodeTable.filter(({ role }) => role === "control-plane")) {
      const unit = cluster.ssh(
        outputs(),
        name,
        "pgrep --full --list-full ^/usr/local/bin/kube-apiserver",
      ).stdout;
      assert.match(unit, /--audit-log-maxage=31/, name);
    }
  });

  it("leaves nothing behind", async () => {
    const { code, stdout, stderr } = await cluster.npmRun("destroy");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(runProgram("pgrep", ["--full", `--machine=${cluster.stack}-`]).stdout, "");
  });
});
