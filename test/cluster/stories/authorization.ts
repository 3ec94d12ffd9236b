import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { admittedPodSpec } from "../../support/admitted-pod";
import { ApiObserver, type Observation } from "../../support/api-observer";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";
import { everyNodeSpokeSince } from "../../support/heartbeats";
import { podWithSecret } from "../../support/pod-with-secret";
import { reconfigure } from "../../support/reconfigure";
import { issueTestIdentity } from "../../support/webhook-identity";
import { WebhookServer } from "../../support/webhook-server";

const port = 18_443;
const timeoutSeconds = 2;

/** What who is denied because nobody answered reads: not "Forbidden", but the API server's own failure to ask. */
const unanswered = /Internal Server Error.*\/authorize\?timeout=/;

/** What `nobody`, whom no role is bound to, gets by the ABAC policy. */
const abac = [
  { user: "nobody", namespace: "app", resource: "configmaps" },
  { group: "strangers", namespace: "app", resource: "events", readonly: false },
];

export function authorizationStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const admin = (args: readonly string[], input?: string): Outcome =>
    cluster.kubectl(outputs().kubeconfig, args, input);
  const as = (user: string, ...args: string[]): Outcome =>
    cluster.kubectl(outputs().userKubeconfigs[user] ?? "", args);
  const isReady = (): boolean => admin(["get", "--raw", "/readyz"]).code === 0;
  const node = (role: string, index: number): ClusterOutputs["nodeTable"][number] => {
    const found = outputs().nodeTable.filter((item) => item.role === role)[index];
    assert.ok(found, `no ${role} ${index}`);
    return found;
  };
  const onControlPlane = (command: string): Outcome =>
    cluster.ssh(outputs(), node("control-plane", 0).name, command);
  const startedAt = (): string =>
    onControlPlane("systemctl show --property=ExecMainStartTimestampMonotonic kube-apiserver").stdout;
  const apiServerFiles = (): string =>
    onControlPlane(
      "sudo sh -c 'cd /etc/kubernetes/kube-apiserver && sha256sum * ../../systemd/system/kube-apiserver.service'",
    ).stdout;

  const gateway = (): string => node("control-plane", 0).address.replace(/\d+$/, "1");
  let identity: ReturnType<typeof issueTestIdentity> | undefined;
  let server: WebhookServer | undefined;
  const reviewer = (): WebhookServer => {
    assert.ok(server, "the webhook server was not started");
    return server;
  };
  /** All modes in one order; `change` makes the webhook another. */
  const allModes = (change: object = {}): void => {
    const webhook = {
      server: `https://${gateway()}:${port}/authorize`,
      certificateAuthority: identity?.certificateAuthority,
      authorizedTtlSeconds: 300,
      unauthorizedTtlSeconds: 0,
      timeoutSeconds,
      matchConditions: ["!request.user.startsWith('system:')"],
      ...change,
    };
    reconfigure(cluster, {
      apiServer: { authorizationMode: ["Node", "RBAC", "ABAC", "Webhook"] },
      authorization: { abac, webhook },
    });
  };

  /** Runs up and looks at the API server meanwhile. */
  const upObserved = async (): Promise<{ outcome: Outcome; seen: Observation }> => {
    const run = Date.now();
    const name = (when: string): string => `seen-${when}-${run}`;
    const { result, seen } = await ApiObserver.during(outputs().kubeconfig, "app", async (observer) => {
      admin(["--namespace", "app", "create", "configmap", name("before")]);
      const outcome = await cluster.npmRun("up");
      admin(["--namespace", "app", "create", "configmap", name("after")]);
      await observer.sees(name("after"), 10);
      return outcome;
    });
    // The watch missed nothing and told nothing twice.
    assert.deepEqual(
      seen.added.filter((item) => item.startsWith("seen-")),
      [name("before"), name("after")],
    );
    return { outcome: result, seen };
  };

  describe("A node", () => {
    const asNode = (index: number, args: string, input = ""): Outcome =>
      cluster.ssh(
        outputs(),
        node("worker", index).name,
        `sudo kubectl --kubeconfig=/etc/kubernetes/kubelet.conf ${args}`,
        input,
      );

    before(async () => {
      admin(["--namespace", "app", "create", "secret", "generic", "of-a-pod", "--from-literal=word=hidden"]);
      admin(["--namespace", "app", "create", "secret", "generic", "of-nobody", "--from-literal=word=hidden"]);
      const pod = podWithSecret("with-secret", "of-a-pod", node("worker", 0).name);
      assert.equal(admin(["apply", "-f", "-"], pod).code, 0);
      const end = Date.now() + 20_000;
      while (asNode(0, "--namespace app get secret of-a-pod").code !== 0 && Date.now() < end)
        await sleep(200);
    });
    after(() => {
      admin([
        "--namespace",
        "app",
        "delete",
        "pod/with-secret",
        "secret/of-a-pod",
        "secret/of-nobody",
        "--now",
      ]);
    });

    it("reads the secret of a pod that it runs", () => {
      const { code, stdout } = asNode(0, "--namespace app get secret of-a-pod -o jsonpath={.data.word}");
      assert.equal(code, 0);
      assert.equal(Buffer.from(stdout, "base64").toString(), "hidden");
    });

    it("does not read the secret of a pod on another node", () => {
      const { code, stderr } = asNode(1, "--namespace app get secret of-a-pod");
      assert.notEqual(code, 0);
      assert.match(stderr, /Forbidden.*no relationship found between node/);
    });

    it("does not read a secret that no pod uses, nor list secrets", () => {
      assert.match(asNode(0, "--namespace app get secret of-nobody").stderr, /Forbidden/);
      assert.match(asNode(0, "--namespace app get secrets").stderr, /Forbidden/);
    });

    it("does not label itself into a role that is not its own to give", () => {
      const { name } = node("worker", 0);
      for (const label of [
        "node-restriction.kubernetes.io/team=payments",
        "node-role.kubernetes.io/control-plane=",
      ]) {
        const { code, stderr } = asNode(0, `label node ${name} ${label}`);
        assert.notEqual(code, 0);
        assert.match(stderr, /is not allowed to modify labels/, label);
      }
      assert.equal(asNode(0, `label node ${name} --overwrite topology.kubernetes.io/zone=here`).code, 0);
    });

    it("does not change or delete another node, nor speak for it", () => {
      const other = node("worker", 1).name;
      assert.match(
        asNode(0, `label node ${other} topology.kubernetes.io/zone=here`).stderr,
        // Since 1.34 a kubelet does not even see another node (AuthorizeNodeWithSelectors).
        /not allowed to modify node|only its own Node object/,
      );
      assert.match(asNode(0, `delete node ${other}`).stderr, /Forbidden|forbidden/);
      assert.match(
        asNode(0, `--namespace kube-node-lease delete lease ${other}`).stderr,
        /Forbidden|forbidden/,
      );
    });

    it("does not bind itself a role or make a pod that uses a service account", () => {
      assert.match(
        asNode(0, "create clusterrolebinding mine --clusterrole=cluster-admin --group=system:nodes").stderr,
        /Forbidden|forbidden/,
      );
      assert.match(asNode(0, "--namespace app create token default").stderr, /Forbidden|forbidden/);

      const { name } = node("worker", 0);
      const uid = admin(["get", "node", name, "-o=jsonpath={.metadata.uid}"]).stdout;
      const pod = (annotations: object, more: object = {}): string =>
        JSON.stringify({
          apiVersion: "v1",
          kind: "Pod",
          metadata: {
            name: "of-the-node",
            annotations,
            // What NodeRestriction wants of every pod that a node makes.
            ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid, controller: true }],
          },
          spec: admittedPodSpec({ spec: { nodeName: name, ...more } }),
        });
      const mirror = { "kubernetes.io/config.mirror": "by-hand" };
      const make = (manifest: string): Outcome =>
        asNode(0, "--namespace app create --dry-run=server --validate=false -f -", manifest);
      assert.equal(make(pod(mirror)).code, 0, "a mirror pod without a service account");
      assert.match(make(pod({})).stderr, /can only create mirror pods/);
      assert.match(
        make(pod(mirror, { serviceAccountName: "default" })).stderr,
        // ServiceAccount's word, which comes before NodeRestriction's.
        /may not reference service accounts|can not create pods that reference a service account/,
      );
    });
  });

  describe("Authorization by Node, RBAC, ABAC and a webhook", () => {
    before(async () => {
      identity = issueTestIdentity("reviewer", gateway());
      server = new WebhookServer({
        identity,
        clientAuthority: outputs().webhookClientAuthority,
        address: gateway(),
        port,
        handlersModule: path.join(__dirname, "../../support/review-handlers.ts"),
      });
      await server.start();
    });
    after(async () => {
      await server?.close();
    });

    it("comes with an up: its preview shows the lines, watches go on, and the API server is away for a restart only", async () => {
      allModes();
      const preview = await cluster.npmRun("preview");
      assert.match(preview.stdout, /\+.*--authorization-config=/);
      assert.match(preview.stdout, /-.*--authorization-mode=Node,RBAC/);
      const { outcome, seen } = await upObserved();
      assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
      assert.ok(seen.resumed >= 1, "no restart was seen");
      assert.ok(seen.longestGap < 30_000, `away for ${seen.longestGap} ms`);
    });

    it("RBAC lets in whom it let in, and the reviewer is not asked", async () => {
      await reviewer().takeRequests();
      assert.equal(as("vera", "--namespace", "app", "get", "pods").code, 0);
      assert.match(as("vera", "--namespace", "app", "get", "secrets").stderr, /Forbidden/);
      const asked = await reviewer().takeRequests();
      assert.equal(asked.length, 1, "about the secrets only");
    });

    it("ABAC lets a user do what an entry names, and nothing near it", () => {
      assert.equal(as("nobody", "--namespace", "app", "get", "configmaps").code, 0);
      for (const [what, ...args] of [
        ["write", "--namespace", "app", "create", "configmap", "mine"],
        ["another namespace", "--namespace", "other", "get", "configmaps"],
        ["another resource", "--namespace", "app", "get", "secrets"],
        ["all namespaces", "get", "configmaps", "--all-namespaces"],
      ] as const) {
        assert.match(as("nobody", ...args).stderr, /[Ff]orbidden/, what);
      }
      assert.match(as("rita", "--namespace", "app", "delete", "configmap", "x").stderr, /[Ff]orbidden/);
    });

    it("ABAC lets a group write where an entry is not read-only, and only its members", () => {
      const event = ["auth", "can-i", "create", "events", "--namespace", "app"];
      assert.match(as("nobody", ...event).stdout, /^yes/);
      assert.match(as("vera", ...event).stdout, /^no/);
      assert.match(as("nobody", "auth", "can-i", "create", "events", "--namespace", "other").stdout, /^no/);
    });

    it("the webhook allows, denies with its word, or has no opinion, and knows who asks by a certificate", async () => {
      await reviewer().takeRequests();
      assert.equal(as("nobody", "--namespace", "app", "get", "endpoints").code, 0);
      assert.match(
        as("nobody", "--namespace", "app", "get", "services").stderr,
        /Forbidden.*the reviewer said no/,
      );
      const noOpinion = as("nobody", "--namespace", "app", "get", "pods").stderr;
      assert.match(noOpinion, /Forbidden/);
      assert.doesNotMatch(noOpinion, /the reviewer said no/);
      const asked = await reviewer().takeRequests();
      assert.deepEqual(
        [...new Set(asked.map(({ client }) => client))],
        [`kube-apiserver-${node("control-plane", 0).name}`],
      );
      const users = asked.map(({ body }) => (body as { spec: { user: string } }).spec.user);
      assert.ok(users.length > 0 && users.every((user) => !user.startsWith("system:")), users.join());
    });

    it("keeps an allowed answer as long as it may, and asks again about a refused one", async () => {
      await reviewer().takeRequests();
      assert.equal(as("nobody", "--namespace", "app", "get", "endpoints").code, 0);
      assert.match(as("nobody", "--namespace", "app", "get", "services").stderr, /Forbidden/);
      assert.match(as("nobody", "--namespace", "app", "get", "services").stderr, /Forbidden/);
      const resources = (await reviewer().takeRequests()).map(
        ({ body }) =>
          (body as { spec: { resourceAttributes: { resource: string } } }).spec.resourceAttributes.resource,
      );
      assert.deepEqual(resources, ["services", "services"]);
    });

    it("a webhook that is slow denies after its time, and RBAC decides as fast as ever", async () => {
      await reviewer().delay((timeoutSeconds + 3) * 1000);
      try {
        const begin = Date.now();
        assert.match(as("nobody", "--namespace", "other", "get", "endpoints").stderr, unanswered);
        const waited = Date.now() - begin;
        assert.ok(waited >= timeoutSeconds * 1000 && waited < (timeoutSeconds + 5) * 1000, `${waited} ms`);
        const again = Date.now();
        assert.equal(as("vera", "--namespace", "app", "get", "pods").code, 0);
        assert.ok(Date.now() - again < timeoutSeconds * 1000);
      } finally {
        await reviewer().delay(0);
      }
    });

    it("a webhook that is down denies what only it could allow; what RBAC and ABAC allow still works", async () => {
      await reviewer().stop();
      const stopped = Date.now();
      try {
        assert.match(as("nobody", "--namespace", "other", "get", "endpoints").stderr, unanswered);
        assert.equal(as("nobody", "--namespace", "app", "get", "configmaps").code, 0);
        assert.equal(as("vera", "--namespace", "app", "get", "pods").code, 0);
        assert.equal(as("rita", "get", "nodes").code, 0);
        const end = Date.now() + 30_000;
        while (!everyNodeSpokeSince(cluster, outputs(), stopped) && Date.now() < end) await sleep(500);
        assert.ok(everyNodeSpokeSince(cluster, outputs(), stopped), "a kubelet does not get through");
        const ready = "-o=jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}";
        const everyOne = outputs().nodeTable.map(() => "True");
        assert.equal(admin(["get", "nodes", ready]).stdout.trim(), everyOne.join(" "));
      } finally {
        await reviewer().start();
      }
      assert.equal(as("nobody", "--namespace", "other", "get", "endpoints").code, 0);
    });

    it("names in the audit log who asked, whoever decided", () => {
      const { stdout } = onControlPlane(
        `sudo grep '"username":"nobody"' /var/log/kubernetes/audit.log | grep -o '"authorization.k8s.io/[^,}]*' | sort | uniq -c`,
      );
      assert.match(stdout, /decision":"allow"/);
      assert.match(stdout, /decision":"forbid"/);
      assert.match(stdout, /the reviewer said no/);
    });

    // While the reviewer answers.
    describe("and a configuration that does not work", () => {
      for (const [what, change, message] of [
        [
          "a condition that is no CEL",
          { matchConditions: ["request.user =="] },
          /Syntax error|compilation failed/,
        ],
        [
          "an authority that did not sign the webhook's certificate",
          { certificateAuthority: issueTestIdentity("another", "10.0.0.1").certificateAuthority },
          /certificate signed by unknown authority/,
        ],
      ] as const) {
        it(`with ${what} is refused by its check, and the API server answers all the time`, async () => {
          const before = [startedAt(), apiServerFiles()];
          allModes(change);
          const { outcome, seen } = await upObserved();
          assert.notEqual(outcome.code, 0);
          const text = outcome.stdout + outcome.stderr;
          assert.match(text, /unit kube-apiserver\.service: the new configuration was refused by its check/);
          assert.match(text, message);
          assert.deepEqual([seen.refused, seen.resumed], [0, 0]);
          assert.ok(seen.answered > 5);
          assert.deepEqual([startedAt(), apiServerFiles()], before);
        });
      }

      it("and is only found out by the real start gives way to the old one", async () => {
        // A condition of the real unit that its check does not have: it starts with the old number only.
        const guard =
          "[Service]\\nExecStartPre=+/bin/grep --quiet -e --audit-log-maxage=30 /etc/systemd/system/kube-apiserver.service\\n";
        const folder = "/etc/systemd/system/kube-apiserver.service.d";
        onControlPlane(
          `sudo mkdir -p ${folder} && printf '${guard}' | sudo tee ${folder}/test.conf >/dev/null && sudo systemctl daemon-reload`,
        );
        const before = apiServerFiles();
        reconfigure(cluster, { apiServer: { auditLog: { maxAge: 31 } }, authorization: null });
        const { outcome, seen } = await upObserved();
        onControlPlane(`sudo rm -r ${folder} && sudo systemctl daemon-reload`);
        assert.notEqual(outcome.code, 0);
        const text = outcome.stdout + outcome.stderr;
        assert.match(
          text,
          /unit kube-apiserver\.service: the new configuration did not work, and the unit runs with the old one again/,
        );
        assert.match(text, /Put back: [^\n]*\/etc\/systemd\/system\/kube-apiserver\.service/);
        assert.equal(apiServerFiles(), before);
        assert.ok(isReady());
        assert.ok(seen.longestGap < 30_000, `away for ${seen.longestGap} ms`);
        assert.equal(
          as("nobody", "--namespace", "app", "get", "configmaps").code,
          0,
          "the old policy counts",
        );
      });

      it("is followed by one that does: the cluster converges, and what was granted by files is gone", async () => {
        const { outcome } = await upObserved();
        assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
        assert.match(
          onControlPlane("pgrep --full --list-full ^/usr/local/bin/kube-apiserver").stdout,
          /--audit-log-maxage=31.*--authorization-mode=Node,RBAC/,
        );
        assert.match(as("nobody", "--namespace", "app", "get", "configmaps").stderr, /Forbidden/);
        assert.doesNotMatch(apiServerFiles(), /abac-policy|authorization/);
      });
    });
  });
}
