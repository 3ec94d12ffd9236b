import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { admittedPodSpec, type AdmittedPod } from "../../support/admitted-pod";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

/** A pod that any namespace of the stack admits, but for what is said of it besides. */
function podManifest(
  name: string,
  labels: Record<string, string>,
  command: string,
  { container = {}, spec = {} }: Pick<AdmittedPod, "container" | "spec"> = {},
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: admittedPodSpec({
      command: ["/bin/busybox", "sh", "-c", command],
      container: { resources: { limits: { memory: "32Mi", cpu: "100m" } }, ...container },
      spec,
    }),
  });
}

/** Lets `web` out to ports of hosts, for as long as it is there. */
function letWebOut(name: string, addresses: readonly string[], ports: readonly number[]): string {
  return JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name },
    spec: {
      podSelector: { matchLabels: { app: "web" } },
      policyTypes: ["Egress"],
      egress: [
        {
          to: addresses.map((address) => ({ ipBlock: { cidr: `${address}/32` } })),
          ports: ports.map((port) => ({ protocol: "TCP", port })),
        },
      ],
    },
  });
}

/** A namespace whose Pod Security Standard refuses nothing, as the settings may ask for one. */
const unguarded = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "unguarded", labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
};

/** Repeats a check until it holds: policies follow a pod's start by a moment. */
async function eventually<Result>(
  check: () => Result,
  wanted: (outcome: Result) => boolean,
  seconds = 30,
): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const outcome = check();
    if (wanted(outcome) || Date.now() > end) return outcome;
    await sleep(500);
  }
}

export function workloadsStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const kubectl = (args: readonly string[], input?: string): Outcome =>
    cluster.kubectl(outputs().kubeconfig, args, input);
  const inPod = (namespace: string, pod: string, command: string): Outcome =>
    kubectl(["--namespace", namespace, "exec", pod, "--", "/bin/busybox", "sh", "-c", command]);
  /** Tries to connect: 0 when it is answered, 1 when not (busybox nc); undefined when the pod could not even try. */
  const connect = (namespace: string, pod: string, address: string, port: number): string | undefined => {
    const { stdout } = inPod(namespace, pod, `nc -w 2 ${address} ${port} </dev/null; echo code=$?`);
    return /^code=(\d+)$/m.exec(stdout)?.[1];
  };
  const controlPlane = (): ClusterOutputs["nodeTable"][number] => {
    const node = outputs().nodeTable.find(({ role }) => role === "control-plane");
    assert.ok(node);
    return node;
  };
  const create = (namespace: string, manifest: string): void => {
    const outcome = kubectl(["--namespace", namespace, "apply", "-f", "-"], manifest);
    assert.equal(outcome.code, 0, outcome.stderr);
  };

  describe("Workloads", () => {
    it("are the only ones that their node's kubelet sees, whatever else runs on the box", () => {
      const uids = kubectl(["get", "pods", "-A", "-o", "jsonpath={.items[*].metadata.uid}"]).stdout.split(
        " ",
      );
      const everywhere: string[] = [];
      for (const { name } of outputs().nodeTable) {
        // Without a cgroup of its own, on cgroup v1, a kubelet sees the pods of every machine, and removes them as leftovers.
        const groups =
          "find /sys/fs/cgroup/*/redoubt-$(cat /etc/machine-id)/kubepods /sys/fs/cgroup/kubepods.slice";
        const found = cluster.ssh(outputs(), name, `${groups} -type d -name '*pod*' 2>/dev/null`).stdout;
        const seen = [...found.matchAll(/pod([0-9a-f]{8}[-_][0-9a-f_-]{27})/g)].map(([, uid = ""]) =>
          uid.replaceAll("_", "-"),
        );
        everywhere.push(...seen);
        assert.deepEqual(
          [...new Set(seen)].filter((uid) => !uids.includes(uid)),
          [],
          name,
        );
      }
      assert.ok(everywhere.length > 0, "no node has a cgroup of a pod");
    });

    it("find every node Ready", () => {
      const { stdout } = kubectl([
        "get",
        "nodes",
        "-o",
        "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Ready')].status}{' '}{end}",
      ]);
      assert.equal(stdout.trim(), "True True True");
    });

    it("find the control plane by its role, and nobody else's", () => {
      const found = kubectl(["get", "nodes", "-l", "node-role.kubernetes.io/control-plane", "-o", "name"]);
      assert.equal(found.stdout.trim(), "node/control-plane-0");
    });

    it("run with their limits really set", () => {
      create(
        "app",
        podManifest(
          "db",
          { app: "db" },
          "nc -ll -p 5432 -e /bin/cat & nc -ll -p 5433 -e /bin/cat & sleep 3600",
        ),
      );
      create("app", podManifest("web", { app: "web" }, "sleep 3600"));
      create("other", podManifest("stranger", {}, "sleep 3600"));
      for (const [namespace, pod] of [
        ["app", "db"],
        ["app", "web"],
        ["other", "stranger"],
      ] as const) {
        const outcome = kubectl([
          "--namespace",
          namespace,
          "wait",
          `pod/${pod}`,
          "--for=condition=Ready",
          "--timeout=60s",
        ]);
        assert.equal(outcome.code, 0, outcome.stderr);
      }
      const limit = inPod(
        "app",
        "db",
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max",
      );
      assert.equal(limit.stdout.trim(), String(32 * 1024 * 1024));
    });

    it("are reached by Service and name, where a rule lets them", async () => {
      const service = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "db" },
        spec: { selector: { app: "db" }, ports: [{ port: 5432 }] },
      };
      create("app", JSON.stringify(service));
      const outcome = await eventually(
        () => inPod("app", "web", "echo hello | nc -w 2 db.app.svc.cluster.local 5432"),
        ({ stdout }) => stdout.trim() === "hello",
      );
      assert.equal(outcome.stdout.trim(), "hello", outcome.stderr);
    });

    it("are not reached on another port, nor by a stranger", async () => {
      const address = kubectl([
        "--namespace",
        "app",
        "get",
        "pod",
        "db",
        "-o",
        "jsonpath={.status.podIP}",
      ]).stdout;
      // Both listen: the other port to itself, and this one to whom a rule lets.
      assert.equal(connect("app", "db", "127.0.0.1", 5433), "0");
      assert.equal(connect("app", "web", address, 5432), "0");
      for (const [namespace, pod, port] of [
        ["app", "web", 5433],
        ["other", "stranger", 5432],
      ] as const) {
        const outcome = await eventually(
          () => connect(namespace, pod, address, port),
          (code) => code === "1",
        );
        assert.equal(outcome, "1", `${namespace}/${pod} to ${port}`);
      }
    });

    it("do not reach the API server unless a rule lets them", async () => {
      const ask = (): string | undefined => connect("app", "web", "10.96.0.1", 443);
      assert.equal(ask(), "1");
      create("app", letWebOut("web-to-api", [controlPlane().address], [6443]));
      try {
        assert.equal(await eventually(ask, (code) => code === "0"), "0");
      } finally {
        kubectl(["--namespace", "app", "delete", "networkpolicy", "web-to-api"]);
      }
      assert.equal(await eventually(ask, (code) => code === "1"), "1");
    });

    it("are denied from their first packet on, before the policy engine knows them", async () => {
      const attempts = `i=0; while [ $i -lt 15 ]; do nc -w 1 ${controlPlane().address} 6443 </dev/null 2>/dev/null && echo open; i=$((i+1)); done; echo tried; sleep 3600`;
      create("app", podManifest("eager", {}, attempts));
      const log = (): string => kubectl(["--namespace", "app", "logs", "eager"]).stdout.trim();
      assert.equal(await eventually(log, (text) => text.includes("tried"), 60), "tried");
    });

    it("are denied everything on a node whose policy engine is down", () => {
      const engine = (verb: string): Outcome =>
        cluster.ssh(outputs(), "worker-1", `sudo systemctl ${verb} kube-router`);
      assert.equal(engine("stop").code, 0);
      try {
        create("other", podManifest("unknown", {}, "sleep 3600", { spec: { nodeName: "worker-1" } }));
        kubectl(["--namespace", "other", "wait", "pod/unknown", "--for=condition=Ready", "--timeout=60s"]);
        assert.equal(connect("other", "unknown", controlPlane().address, 6443), "1");
        assert.equal(connect("other", "unknown", outputs().nodeTable[0]?.address ?? "", 22), "1");
      } finally {
        assert.equal(engine("start").code, 0);
      }
    });

    it("do not reach hosts, though a policy lets them out: kubelet, etcd, SSH", async () => {
      const hosts = outputs().nodeTable.map(({ address }) => address);
      const toApi = (): string | undefined => connect("app", "web", controlPlane().address, 6443);
      assert.equal(toApi(), "1");
      // Default deny would stop them before the host's firewall does. The port that it opens to pods tells when the policy is in force.
      create("app", letWebOut("web-to-hosts", hosts, [22, 2379, 6443, 10250]));
      try {
        assert.equal(await eventually(toApi, (code) => code === "0"), "0");
        for (const node of outputs().nodeTable) {
          const ports = node.role === "control-plane" ? [22, 2379, 10250] : [22, 10250];
          for (const port of ports) {
            const own = `timeout 2 bash -c '</dev/tcp/${node.address}/${port}'`;
            assert.equal(cluster.ssh(outputs(), node.name, own).code, 0, `${node.name}:${port} is not there`);
            assert.equal(connect("app", "web", node.address, port), "1", `${node.name}:${port}`);
          }
        }
        assert.equal(toApi(), "0", "the policy is in force no more");
      } finally {
        kubectl(["--namespace", "app", "delete", "networkpolicy", "web-to-hosts"]);
      }
      assert.equal(await eventually(toApi, (code) => code === "1"), "1");
    });

    it("give logs, exec and metrics through the API server", () => {
      create("app", podManifest("talker", {}, "echo spoken; sleep 3600"));
      kubectl(["--namespace", "app", "wait", "pod/talker", "--for=condition=Ready", "--timeout=60s"]);
      assert.equal(kubectl(["--namespace", "app", "logs", "talker"]).stdout.trim(), "spoken");
      assert.equal(inPod("app", "talker", "echo executed").stdout.trim(), "executed");
      for (const node of outputs().nodeTable) {
        const stats = kubectl(["get", "--raw", `/api/v1/nodes/${node.name}/proxy/metrics/resource`]);
        assert.match(stats.stdout, /node_cpu_usage_seconds_total/, stats.stderr);
      }
    });

    it("start where somebody removed the image of every pod's sandbox, which comes back from its archive", async () => {
      const image = "sed -n 's/^ *sandbox_image = \"\\(.*\\)\"/\\1/p' /etc/containerd/config.toml.in";
      const onHost = (command: string): Outcome =>
        cluster.ssh(outputs(), "worker-0", `image=$(sudo ${image}) && ${command}`);
      const listed = (): string =>
        onHost('sudo ctr --namespace k8s.io images list --quiet "name==$image"').stdout.trim();
      const before = listed();
      assert.notEqual(before, "");
      const removed = onHost('sudo ctr --namespace k8s.io images rm "$image"');
      assert.equal(removed.code, 0, removed.stderr);
      assert.equal(await eventually(listed, (found) => found !== "", 100), before);
      create("app", podManifest("latecomer", {}, "sleep 3600", { spec: { nodeName: "worker-0" } }));
      const ready = ["wait", "pod/latecomer", "--for=condition=Ready", "--timeout=60s"];
      const outcome = kubectl(["--namespace", "app", ...ready]);
      assert.equal(outcome.code, 0, outcome.stderr);
    });

    /** What is said to who would make a pod; nothing is made. */
    const tryOut = (namespace: string, manifest: string): Outcome =>
      kubectl(["--namespace", namespace, "create", "--dry-run=server", "-f", "-"], manifest);
    const onHostsNetwork = podManifest("bad", {}, "sleep 1", { spec: { hostNetwork: true, hostPID: true } });
    const privileged = podManifest("bad", {}, "sleep 1", {
      container: { securityContext: { privileged: true } },
    });

    it("are refused when privileged, in every namespace of the stack", () => {
      for (const namespace of ["app", "other", "default"]) {
        const outcome = tryOut(namespace, onHostsNetwork);
        assert.notEqual(outcome.code, 0, namespace);
        assert.match(outcome.stderr, /violates PodSecurity/, namespace);
        // Before any Pod Security Standard is asked.
        assert.match(tryOut(namespace, privileged).stderr, /privileged: .*disallowed by cluster policy/);
      }
    });

    it("are refused privileged containers by the API server, where the namespace would let them", async () => {
      const { name } = unguarded.metadata;
      const made = kubectl(["create", "-f", "-"], JSON.stringify(unguarded));
      assert.equal(made.code, 0, made.stderr);
      try {
        // A namespace has no service account yet when it is born, and without one no pod is looked at.
        const admitted = await eventually(
          () => tryOut(name, onHostsNetwork),
          ({ code }) => code === 0,
        );
        assert.equal(admitted.code, 0, admitted.stderr);
        const refused = tryOut(name, privileged);
        assert.notEqual(refused.code, 0);
        assert.match(refused.stderr, /privileged: .*disallowed by cluster policy/);
      } finally {
        kubectl(["delete", "namespace", name, "--wait=false"]);
      }
    });

    it("do not run as root where the namespace is restricted, and may where it is not", () => {
      const asRoot = podManifest("root", {}, "sleep 1", {
        spec: { securityContext: { runAsUser: 0, seccompProfile: { type: "RuntimeDefault" } } },
      });
      const refused = tryOut("app", asRoot);
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /violates PodSecurity "restricted:[^]*runAsUser=0/);
      const admitted = tryOut("other", asRoot);
      assert.equal(admitted.code, 0, admitted.stderr);
    });

    it("are confined by seccomp when they say nothing of it", () => {
      create(
        "other",
        podManifest("silent", {}, "sleep 3600", {
          spec: { securityContext: { runAsNonRoot: true, runAsUser: 65534 } },
        }),
      );
      try {
        const pod = ["--namespace", "other", "get", "pod", "silent"];
        kubectl(["--namespace", "other", "wait", "pod/silent", "--for=condition=Ready", "--timeout=60s"]);
        assert.doesNotMatch(kubectl([...pod, "--output=json"]).stdout, /seccompProfile/);
        const status = inPod("other", "silent", "cat /proc/1/status").stdout;
        assert.match(status, /^Seccomp:\t2$/m);
        // A local machine is confined as a whole: the pod has a filter more than what started it.
        const node = kubectl([...pod, "--output=jsonpath={.spec.nodeName}"]).stdout;
        const runtime = cluster.ssh(
          outputs(),
          node,
          "sudo cat /proc/$(systemctl show --property=MainPID --value containerd)/status",
        ).stdout;
        const filters = (text: string): number => Number(/^Seccomp_filters:\t(\d+)$/m.exec(text)?.[1]);
        assert.ok(filters(status) > filters(runtime), `${status}\n${runtime}`);
      } finally {
        kubectl(["--namespace", "other", "delete", "pod", "silent", "--wait=false"]);
      }
    });

    it("find their secrets encrypted in etcd", () => {
      kubectl([
        "--namespace",
        "app",
        "create",
        "secret",
        "generic",
        "canary",
        "--from-literal=word=plain-canary",
      ]);
      const read =
        "sudo etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/pki/ca.crt --cert=/etc/kubernetes/pki/etcd-healthcheck-client.crt --key=/etc/kubernetes/pki/etcd-healthcheck-client.key get /registry/secrets/app/canary";
      const { stdout, code } = cluster.ssh(outputs(), controlPlane().name, read);
      assert.equal(code, 0);
      assert.match(stdout, /k8s:enc:secretbox:v1:/);
      assert.doesNotMatch(stdout, /plain-canary/);
    });

    it("leave a trace in the audit log, with the user and without the secret", () => {
      const { stdout } = cluster.ssh(
        outputs(),
        controlPlane().name,
        'sudo grep \'"name":"canary"\' /var/log/kubernetes/audit.log',
      );
      assert.match(stdout, /"username":"redoubt:admin"/);
      assert.doesNotMatch(stdout, /plain-canary|cGxhaW4tY2FuYXJ5/);
    });
  });
}
