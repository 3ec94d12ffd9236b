import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admittedPodSpec } from "../../support/admitted-pod";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

const namespace = "app";
const api = "/apis/metrics.k8s.io/v1beta1";
const port = 4443;

/** One pod that takes all that it may, ten times what it asks for, and who makes it two. */
const busy = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "busy", namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "busy" } },
      template: {
        metadata: { labels: { app: "busy" } },
        spec: admittedPodSpec({
          command: ["/bin/busybox", "sh", "-c", "while :; do :; done"],
          container: {
            resources: { requests: { cpu: "5m" }, limits: { cpu: "50m", memory: "32Mi" } },
          },
        }),
      },
    },
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "busy", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "busy" },
      minReplicas: 1,
      maxReplicas: 2,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
        },
      ],
    },
  },
];

/** A pod whose policy lets it out to the ports of a host that it asks about. */
function caller(address: string): readonly object[] {
  const labels = { app: "caller" };
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "caller-out", namespace },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Egress"],
        egress: [
          {
            to: [{ ipBlock: { cidr: `${address}/32` } }],
            ports: [6443, port].map((open) => ({ protocol: "TCP", port: open })),
          },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "caller", namespace, labels },
      spec: admittedPodSpec({ command: ["/bin/busybox", "sleep", "3600"] }),
    },
  ];
}

/** Units that the setting must leave alone, with the moment when each was started. */
const startTimes =
  "systemctl show --property=Id,ActiveEnterTimestampMonotonic etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kube-router redoubt-firewall";

/** The setting, put on while the cluster runs, used, attacked, and taken back. */
export function metricsStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const admin = (args: readonly string[], input?: string): Outcome =>
    cluster.kubectl(outputs().kubeconfig, args, input);
  const as = (user: string, ...args: string[]): Outcome =>
    cluster.kubectl(outputs().userKubeconfigs[user] ?? "", args);
  const ssh = (host: string, command: string): Outcome => cluster.ssh(outputs(), host, command);
  const host = "control-plane-0";
  const address = (): string => outputs().nodeTable.find(({ name }) => name === host)?.address ?? "";
  const apply = (objects: readonly object[]): void => {
    const outcome = admin(
      ["apply", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
    assert.equal(outcome.code, 0, outcome.stderr);
  };
  const upWith = async (enabled: boolean): Promise<void> => {
    cluster.editConfiguration((block) => (block("metricsServer")["enabled"] = enabled));
    const { code, stdout, stderr } = await cluster.npmRun("up");
    assert.equal(code, 0, stdout + stderr);
  };

  describe("Metrics of nodes and pods", () => {
    it("are nowhere unless the setting asks for them", () => {
      const { code, stderr } = admin(["top", "nodes"]);
      assert.notEqual(code, 0);
      assert.match(stderr, /Metrics API not available/);
    });

    it("come by the setting, which restarts nothing that runs", async () => {
      const before = ssh(host, startTimes).stdout;
      assert.match(before, /Id=kube-apiserver\.service/);
      await upWith(true);
      assert.equal(ssh(host, startTimes).stdout, before);
    });

    it("say what every node uses, when up has ended", () => {
      const { stdout, stderr } = admin(["top", "nodes", "--no-headers"]);
      const lines = stdout.trim().split("\n").sort();
      assert.equal(lines.length, outputs().nodeTable.length, stdout + stderr);
      for (const line of lines) assert.match(line, /^\S+ +[1-9]\d*m +\d+% +[1-9]\d*Mi +\d+% *$/);
    });

    it("let an autoscaler make two pods of one that is busy", () => {
      apply(busy);
      const scaled = [
        ...["--namespace", namespace, "wait", "hpa/busy", "--timeout=180s"],
        ...["--for=jsonpath={.status.desiredReplicas}=2", "--request-timeout=200s"],
      ];
      const outcome = admin(scaled);
      assert.equal(
        outcome.code,
        0,
        outcome.stderr + admin(["--namespace", namespace, "describe", "hpa"]).stdout,
      );
    });

    it("show a viewer the pods of its namespace, and neither another's nor nodes", () => {
      const seen = as("vera", "--namespace", namespace, "top", "pods", "--no-headers");
      assert.match(seen.stdout, /^busy-\S+ +[1-9]\d*m +\d+Mi *$/m, seen.stderr);
      for (const refused of [
        as("vera", "--namespace", "other", "top", "pods"),
        as("vera", "--namespace", "kube-system", "top", "pods"),
        as("vera", "top", "nodes"),
        as("nobody", "--namespace", namespace, "top", "pods"),
      ]) {
        assert.notEqual(refused.code, 0);
        assert.match(refused.stderr, /metrics\.k8s\.io is forbidden/);
      }
      assert.equal(as("rita", "top", "nodes").code, 0);
      assert.match(as("rita", "top", "pods", "--all-namespaces").stdout, /^kube-system +coredns-/m);
    });

    it("are told to API servers alone: not without a certificate, not by the cluster's own, not for a token", () => {
      const keys = "/etc/kubernetes/kube-apiserver";
      const pair = (name: string): string => `--cert ${keys}/${name}.crt --key ${keys}/${name}.key`;
      const headers = "-H 'X-Remote-User: somebody' -H 'X-Remote-Group: system:masters'";
      const ask = (what: string): string => {
        const options = `--silent --output /dev/null --write-out '%{http_code}' --cacert /etc/kubernetes/pki/ca.crt --connect-to ::${address()}:`;
        const url = `https://metrics-server.kube-system.svc:${port}${api}/nodes`;
        return ssh(host, `sudo curl ${options} ${what} ${url}`).stdout;
      };
      // The near miss: the same headers, behind the one certificate that may speak for others.
      assert.equal(ask(`${pair("front-proxy-client")} ${headers}`), "200");
      assert.equal(ask(headers), "403");
      assert.equal(ask(`${pair("kubelet-client")} ${headers}`), "401");
      const { stdout: token } = admin(["--namespace", "kube-system", "create", "token", "default"]);
      assert.match(token, /^ey/);
      assert.equal(ask(`-H 'Authorization: Bearer ${token.trim()}'`), "401");
    });

    it("are out of reach of workers, pods and the box: only their host itself connects", () => {
      const connect = (from: string, to: string, at: number): number =>
        ssh(from, `timeout 2 bash -c '</dev/tcp/${to}/${at}'`).code;
      const service = admin([
        ...["--namespace", "kube-system", "get", "service", "metrics-server"],
        ...["--output", "jsonpath={.spec.clusterIP}"],
      ]).stdout;
      assert.equal(connect(host, address(), port), 0);
      assert.equal(connect(host, service, 443), 0);
      assert.equal(connect("worker-0", address(), 6443), 0);
      // They wait in vain (timeout(1)), and do not fail otherwise.
      assert.equal(connect("worker-0", address(), port), 124);
      assert.equal(connect("worker-0", service, 443), 124);
      apply(caller(address()));
      try {
        const ready = ["wait", "pod/caller", "--for=condition=Ready", "--timeout=60s"];
        assert.equal(admin(["--namespace", namespace, ...ready]).code, 0);
        const to = (at: number): string => `nc -w 2 ${address()} ${at} </dev/null`;
        // The port that the host opens to pods tells when the policy is in force, and that it still is.
        const untilAllowed = `i=0; until ${to(6443)} || [ $i = 15 ]; do i=$((i+1)); done`;
        const script = `${untilAllowed}; ${to(port)}; echo metrics=$?; ${to(6443)}; echo api=$?`;
        const inPod = ["exec", "caller", "--", "/bin/busybox", "sh", "-c", script];
        const { stdout, stderr } = admin(["--namespace", namespace, ...inPod]);
        assert.equal(stdout.trim(), "metrics=1\napi=0", stderr);
      } finally {
        admin(["--namespace", namespace, "delete", "pod/caller", "networkpolicy/caller-out", "--wait=false"]);
      }
    });

    it("are no drift, with all that serves them", async () => {
      const { code, stdout } = await cluster.npmRun("drift");
      assert.equal(code, 0, stdout);
      assert.match(stdout, /No drift\./);
    });

    it("go by the setting, with the unit, the program, its keys, its user and every object", async () => {
      admin(["--namespace", namespace, "delete", "deployment/busy", "hpa/busy", "--wait=false"]);
      await upWith(false);
      const left = ssh(
        host,
        `sudo find /etc /usr/local/bin /var/lib/redoubt -name '*metrics-server*'; getent passwd metrics-server; sudo ss --listening --numeric --tcp 'sport = :${port}' --no-header; systemctl list-units --all --plain --no-legend 'metrics-server*'`,
      );
      assert.equal(left.stdout, "");
      const objects = [
        "apiservice/v1beta1.metrics.k8s.io",
        "clusterrole/redoubt:metrics-server",
        "clusterrolebinding/redoubt:metrics-server",
      ];
      for (const object of objects) assert.match(admin(["get", object]).stderr, /NotFound/, object);
      const inSystem = ["--namespace", "kube-system", "get", "service,endpointslice", "--output=name"];
      assert.doesNotMatch(admin(inSystem).stdout, /metrics-server/);
      assert.match(admin(["top", "nodes"]).stderr, /Metrics API not available/);
    });
  });
}
