import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";
import { podWithSecret } from "../../support/pod-with-secret";

/** One cell of the matrix: who, verb, resource, where, and whether it is allowed. */
type Cell = readonly [
  user: string,
  verb: string,
  resource: string,
  namespace: string | undefined,
  allowed: boolean,
];

const matrix: readonly Cell[] = [
  ["vera", "list", "pods", "app", true],
  ["vera", "get", "pods/log", "app", true],
  ["vera", "list", "secrets", "app", false],
  ["vera", "create", "pods", "app", false],
  ["vera", "create", "pods/exec", "app", false],
  ["vera", "list", "pods", "other", false],
  ["vera", "list", "nodes", undefined, false],
  ["dev", "create", "deployments.apps", "app", true],
  ["dev", "create", "pods/exec", "app", true],
  ["dev", "get", "secrets", "app", false],
  ["dev", "create", "rolebindings.rbac.authorization.k8s.io", "app", false],
  ["dev", "delete", "networkpolicies.networking.k8s.io", "app", false],
  ["dev", "create", "deployments.apps", "other", false],
  ["olga", "get", "secrets", "app", true],
  ["olga", "update", "networkpolicies.networking.k8s.io", "app", true],
  ["olga", "create", "rolebindings.rbac.authorization.k8s.io", "app", false],
  ["olga", "get", "secrets", "kube-system", false],
  ["olga", "delete", "namespaces", undefined, false],
  ["rita", "list", "nodes", undefined, true],
  ["rita", "list", "pods", "kube-system", true],
  ["rita", "list", "clusterroles.rbac.authorization.k8s.io", undefined, true],
  ["rita", "list", "secrets", "app", false],
  ["rita", "delete", "pods", "app", false],
  ["paul", "delete", "namespaces", undefined, true],
  ["paul", "create", "clusterrolebindings.rbac.authorization.k8s.io", undefined, true],
  ["paul", "get", "secrets", "kube-system", true],
  ["nobody", "list", "pods", "app", false],
  ["nobody", "list", "namespaces", undefined, false],
];

const verbs = ["get", "create", "delete"] as const;
const namespaces = ["app", "other", "kube-system"] as const;

/** Resources of the whole matrix, with their API group. */
const resources: Readonly<Record<string, string>> = {
  pods: "",
  configmaps: "",
  secrets: "",
  deployments: "apps",
  networkpolicies: "networking.k8s.io",
  rolebindings: "rbac.authorization.k8s.io",
};

type Rights = Readonly<Partial<Record<(typeof verbs)[number], readonly string[]>>>;

const workloads = ["pods", "configmaps", "deployments"];
const all = Object.keys(resources);
const everything: Rights = { get: all, create: all, delete: all };
const visible = [...workloads, "networkpolicies"];
const operated = [...visible, "secrets"];

/** Everything that a person may do of all that the matrix asks: verbs and resources, by namespace. What is not here is denied. */
const rights: Readonly<Record<string, Readonly<Partial<Record<(typeof namespaces)[number], Rights>>>>> = {
  vera: { app: { get: visible } },
  dev: { app: { get: visible, create: workloads, delete: workloads } },
  olga: { app: { get: operated, create: operated, delete: operated } },
  rita: {
    app: { get: [...visible, "rolebindings"] },
    other: { get: [...visible, "rolebindings"] },
    "kube-system": { get: [...visible, "rolebindings"] },
  },
  paul: { app: everything, other: everything, "kube-system": everything },
  nobody: {},
};

/** Every question of the matrix, about whoever asks. */
const questions = namespaces.flatMap((namespace) =>
  verbs.flatMap((verb) => all.map((resource) => ({ namespace, verb, resource }))),
);

export function rbacStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const as = (user: string): string => {
    const kubeconfig = outputs().userKubeconfigs[user];
    assert.ok(kubeconfig, `no kubeconfig for ${user}`);
    return kubeconfig;
  };

  describe("Roles", () => {
    for (const [user, verb, resource, namespace, allowed] of matrix) {
      const where = namespace === undefined ? "the cluster" : `namespace ${namespace}`;
      it(`${allowed ? "let" : "do not let"} ${user} ${verb} ${resource} in ${where}`, () => {
        const place = namespace === undefined ? ["--all-namespaces"] : ["--namespace", namespace];
        const [kind, subresource] = resource.split("/");
        const extra = subresource === undefined ? [] : [`--subresource=${subresource}`];
        const answer = cluster.kubectl(as(user), ["auth", "can-i", verb, kind ?? "", ...extra, ...place]);
        assert.equal(
          answer.stdout.trim().split("\n").at(-1)?.split(" ")[0],
          allowed ? "yes" : "no",
          answer.stderr,
        );
      });
    }

    for (const [user, places] of Object.entries(rights)) {
      it(`are the whole of what ${user} may do: ${questions.length} questions of verb, resource and namespace`, () => {
        const items = questions.map(({ namespace, verb, resource }) => ({
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes: { namespace, verb, resource, group: resources[resource] } },
        }));
        const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
        const answer = cluster.kubectl(
          as(user),
          ["create", "-f", "-", '-o=jsonpath={.status.allowed}{"\\n"}'],
          list,
        );
        const answers = answer.stdout.trim().split("\n");
        assert.equal(answers.length, questions.length, answer.stderr);
        const name = ({ namespace, verb, resource }: (typeof questions)[number]): string =>
          `${verb} ${resource} in ${namespace}`;
        assert.deepEqual(
          questions.filter((_, index) => answers[index] === "true").map(name),
          questions
            .filter(({ namespace, verb, resource }) => places[namespace]?.[verb]?.includes(resource) === true)
            .map(name),
        );
      });
    }

    it("let a viewer really list pods, and not read a secret", () => {
      assert.equal(cluster.kubectl(as("vera"), ["--namespace", "app", "get", "pods"]).code, 0);
      const denied = cluster.kubectl(as("vera"), ["--namespace", "app", "get", "secrets"]);
      assert.match(denied.stderr, /Forbidden/);
    });

    it("bind nothing to everybody, and no wildcard outside Kubernetes' own roles", () => {
      const bindings = cluster.kubectl(outputs().kubeconfig, [
        "get",
        "clusterrolebindings,rolebindings",
        "-A",
        "-o",
        "json",
      ]);
      const roles = cluster.kubectl(outputs().kubeconfig, ["get", "clusterroles,roles", "-A", "-o", "json"]);
      type Rule = Partial<Record<"verbs" | "resources" | "apiGroups" | "nonResourceURLs", string[]>>;
      interface Item {
        metadata: { name: string; labels?: Record<string, string> };
        subjects?: { name: string }[];
        rules?: Rule[];
      }
      const items = (text: string): Item[] => (JSON.parse(text) as { items: Item[] }).items;
      // Whatever its name: what the API server does not make itself at its start (kubernetes.io/docs, RBAC, auto-reconciliation).
      const isOurs = (item: Item): boolean =>
        !("kubernetes.io/bootstrapping" in (item.metadata.labels ?? {}));
      const ours = items(bindings.stdout).filter(isOurs);
      assert.ok(ours.length >= 8);
      for (const item of ours) {
        for (const subject of item.subjects ?? []) {
          assert.doesNotMatch(
            subject.name,
            /^system:(masters|authenticated|unauthenticated|anonymous|serviceaccounts)$/,
            item.metadata.name,
          );
        }
      }
      const ourRoles = items(roles.stdout).filter(isOurs);
      assert.ok(ourRoles.length >= 5);
      const wildcard = ({ verbs, resources, apiGroups, nonResourceURLs }: Rule): boolean =>
        [verbs, resources, apiGroups].some((names = []) => names.some((name) => /^\*(\/|$)/.test(name))) ||
        nonResourceURLs?.some((url) => url.includes("*")) === true;
      assert.deepEqual(
        ourRoles.filter(({ rules = [] }) => rules.some(wildcard)).map(({ metadata }) => metadata.name),
        [],
      );
      // The same look finds Kubernetes' own: everything, and URLs below /api alone.
      for (const name of ["cluster-admin", "system:discovery"]) {
        const own = items(roles.stdout).find(({ metadata }) => metadata.name === name);
        assert.ok(own?.rules?.some(wildcard), name);
      }
    });

    it("keep a node from reading what belongs to another node", async () => {
      const [first, second] = outputs().nodeTable.filter((node) => node.role === "worker");
      assert.ok(first !== undefined && second !== undefined);
      const onNode = (host: string, args: string): Outcome =>
        cluster.ssh(outputs(), host, `sudo kubectl --kubeconfig=/etc/kubernetes/kubelet.conf ${args}`);
      const asNode = (args: string): Outcome => onNode(first.name, args);
      const admin = (args: readonly string[], input = ""): Outcome =>
        cluster.kubectl(outputs().kubeconfig, ["--namespace", "app", ...args], input);
      assert.equal(asNode(`get node ${first.name}`).code, 0);

      const secret = "of-the-other-node";
      admin(["create", "secret", "generic", secret, "--from-literal=word=hidden"]);
      const placed = admin(["create", "-f", "-"], podWithSecret("on-the-other-node", secret, second.name));
      assert.equal(placed.code, 0, placed.stderr);
      try {
        const read = `--namespace app get secret ${secret}`;
        const end = Date.now() + 20_000;
        while (onNode(second.name, read).code !== 0 && Date.now() < end) await sleep(200);
        assert.equal(onNode(second.name, read).code, 0);
        assert.match(asNode(read).stderr, /Forbidden.*no relationship found between node/);
      } finally {
        admin(["delete", "pod/on-the-other-node", `secret/${secret}`, "--now"]);
      }
      assert.match(asNode(`label node ${second.name} x=y`).stderr, /[Ff]orbidden/);
      assert.match(asNode("get secrets --all-namespaces").stderr, /[Ff]orbidden/);
      assert.match(
        asNode(`label node ${first.name} node-role.kubernetes.io/control-plane=`).stderr,
        /[Ff]orbidden/,
      );
    });
  });
}
