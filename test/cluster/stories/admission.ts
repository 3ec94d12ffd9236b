import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admittedPodSpec } from "../../support/admitted-pod";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

const pod = (spec: object): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "admission" },
  spec: admittedPodSpec({ spec }),
});
const service = (name: string, portName: string): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ name: portName, port: 80 }] },
});
const policyFrom = (...blocks: object[]): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "admission" },
  spec: {
    podSelector: { matchLabels: { app: "none" } },
    ingress: [{ from: blocks.map((ipBlock) => ({ ipBlock })) }],
  },
});
const long = (length: number): string => "x".repeat(length);

/** What somebody with rights in `app` asks for, and what refuses it; none: it is admitted. */
const cases: readonly (readonly [what: string, user: string, object: object, refusal: RegExp | undefined])[] =
  [
    ["a pod", "dev", pod({}), undefined],
    [
      "a pod of the system's priority",
      "dev",
      pod({ priorityClassName: "system-node-critical" }),
      /priority classes of the system are for the system/,
    ],
    [
      "a pod on a node by name",
      "dev",
      pod({ nodeName: "control-plane-0" }),
      /nodeName passes the scheduler by/,
    ],
    [
      "a pod that tolerates every taint",
      "dev",
      pod({ tolerations: [{ operator: "Exists" }] }),
      /control planes are not for applications/,
    ],
    [
      "a pod that tolerates the taint of control planes",
      "dev",
      pod({ tolerations: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] }),
      /control planes are not for applications/,
    ],
    [
      "a pod that tolerates a node that is not ready",
      "dev",
      pod({
        tolerations: [{ key: "node.kubernetes.io/not-ready", effect: "NoExecute", operator: "Exists" }],
      }),
      undefined,
    ],
    ["a Service with names of 120 characters in all", "dev", service(long(57), long(60)), undefined],
    ["a Service with names of 121", "dev", service(long(58), long(60)), /must have 120 characters or fewer/],
    [
      "a policy for a network and its exception",
      "olga",
      policyFrom({ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }),
      undefined,
    ],
    [
      "a policy for a network with a leading zero",
      "olga",
      policyFrom({ cidr: "09.0.0.0/8" }),
      /must be a network/,
    ],
    [
      "a policy for an IPv4 network in IPv6",
      "olga",
      policyFrom({ cidr: "::ffff:10.0.0.0/104" }),
      /must be a network/,
    ],
    [
      "a policy for more networks than an ipset is to hold",
      "olga",
      policyFrom(
        ...Array.from({ length: 501 }, (_, index) => ({ cidr: `10.0.${index >> 8}.${index & 255}/32` })),
      ),
      /of 500 peers at most/,
    ],
  ];

/** Rights in one namespace, used at the expense of others. */
export function admissionStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("Admission", () => {
    for (const [what, user, object, refusal] of cases) {
      it(`${refusal === undefined ? "takes" : "refuses"} ${what}`, () => {
        const kubeconfig = outputs().userKubeconfigs[user];
        assert.ok(kubeconfig);
        const answer = cluster.kubectl(
          kubeconfig,
          ["--namespace", "app", "create", "--dry-run=server", "--filename", "-"],
          JSON.stringify(object),
        );
        if (refusal === undefined) assert.equal(answer.code, 0, answer.stderr);
        else assert.match(answer.stderr, refusal);
      });
    }

    it("keeps the way to the API servers for them, whoever may write Services in default", () => {
      const kubeconfig = outputs().kubeconfig;
      const patch = (...who: string[]): string =>
        cluster.kubectl(kubeconfig, [
          ...["--namespace", "default", "patch", "service", "kubernetes", "--dry-run=server"],
          ...["--patch", '{"spec":{"selector":{"app":"mine"}}}'],
          ...who,
        ]).stderr;
      const everywhere = "writes-services";
      const made = cluster.kubectl(kubeconfig, [
        ...["--namespace", "default", "create", "role", everywhere],
        ...["--verb=get,patch", "--resource=services"],
      ]);
      assert.equal(made.code, 0, made.stderr);
      try {
        const bound = cluster.kubectl(kubeconfig, [
          ...["--namespace", "default", "create", "rolebinding", everywhere],
          ...[`--role=${everywhere}`, "--user=somebody"],
        ]);
        assert.equal(bound.code, 0, bound.stderr);
        assert.match(patch("--as=somebody"), /is the way to the API servers, and theirs alone/);
        assert.equal(patch(), "");
      } finally {
        cluster.kubectl(kubeconfig, [
          ...["--namespace", "default", "delete", "role,rolebinding", everywhere, "--ignore-not-found"],
        ]);
      }
    });
  });
}
