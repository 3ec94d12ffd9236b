import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

const policySchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({}),
});

/** A policy that somebody adds by hand and that undoes the default deny of a namespace. */
const openToAll = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "open-to-all", namespace: "other" },
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] },
};

/** What `up` ran at its end, run again on a cluster whose policies were changed behind its back. */
export function probeStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const kubectl = (args: readonly string[], input?: string): Outcome => {
    const outcome = cluster.kubectl(outputs().kubeconfig, args, input);
    assert.equal(outcome.code, 0, outcome.stderr);
    return outcome;
  };
  const probe = (): Outcome => {
    const script = cluster.resources().find(({ urn }) => urn.endsWith("::probe-run"))?.inputs?.["stdin"];
    assert.ok(typeof script === "string", "the state has no probe");
    return cluster.ssh(outputs(), "control-plane-0", "sudo --non-interactive bash -s", script);
  };

  describe("The connectivity probe", () => {
    it("left no rule out, be it for UDP, a range of ports, or between pods and hosts, but a way from outside", () => {
      const { notProbed } = outputs().connectivity;
      assert.deepEqual([...new Set(notProbed.map(({ rule }) => rule))], ["box-to-storefront"]);
      assert.match(
        notProbed.map(({ why }) => why).join("; "),
        /no client in .*; .* does not connect by node port 30443/,
      );
    });

    it("sees the same again while nothing was changed, and leaves no pod behind", () => {
      const { code, stdout, stderr } = probe();
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), { flows: outputs().connectivity.flowsAsDeclared });
      kubectl([
        ...["wait", "pod", "--all-namespaces", "--selector", "redoubt.io/probe"],
        ...["--for=delete", "--timeout=60s"],
      ]);
    });

    it("fails, and names every rule and flow, when a rule's policy is gone and a namespace was opened by hand", () => {
      const gone = ["networkpolicy", "allow-web-to-db-ingress", "--namespace", "app"];
      const policy = policySchema.parse(JSON.parse(kubectl(["get", ...gone, "--output", "json"]).stdout));
      const leader = outputs().nodeTable.find(({ name }) => name === "control-plane-0");
      const host = `host control-plane-0 (${leader?.address ?? ""})`;
      try {
        kubectl(["delete", ...gone]);
        kubectl(["create", "--filename", "-"], JSON.stringify(openToAll));
        const { code, stderr } = probe();
        assert.equal(code, 1, stderr);
        const reported = stderr.split("\n").filter((line) => line.includes(", but it was "));
        const closed = ["TCP 5432", "UDP 514", "TCP 9000", "TCP 9010"].map(
          (port) => `rule "web-to-db": app/app=web → app/app=db ${port} should connect, but it was closed`,
        );
        const open = [
          "other/any pod → other/any pod TCP 10080",
          "other/any pod → other/any pod UDP 10080",
          // Let in by its address, and nothing keeps it from going there any more.
          "other/any pod → app/app=webhook TCP 8443",
          `other/any pod → ${host} TCP 6443`,
          `${host} → other/any pod TCP 10080`,
          `${host} → other/any pod UDP 10080`,
        ].map((flow) => `${flow} should be refused by default deny, but it was open`);
        assert.deepEqual(reported.sort(), [...closed, ...open].sort());
      } finally {
        kubectl(["create", "--filename", "-"], JSON.stringify(policy));
        kubectl(["delete", "networkpolicy", "open-to-all", "--namespace", "other", "--ignore-not-found"]);
      }
    });

    it("has nothing to say when the policies are back", () => {
      const { code, stderr } = probe();
      assert.equal(code, 0, stderr);
    });

    it("sees a rule that is taken out closed, whose policies go before it looks", async () => {
      const up = async (): Promise<void> => {
        const { code, stdout, stderr } = await cluster.npmRun("up");
        assert.equal(code, 0, stdout + stderr);
      };
      const rules = (change: (allow: object[]) => object[]): void => {
        cluster.editConfiguration((block) => {
          const network = block("network");
          network["allow"] = change(network["allow"] as object[]);
        });
      };
      const policies = (): string =>
        kubectl([
          "get",
          "networkpolicies",
          "--all-namespaces",
          "--selector",
          "redoubt.io/rule",
          "--output",
          "name",
        ]).stdout;
      const before = policies();
      // Whoever in the namespace: the probe's own strangers are let in too.
      const everybody = {
        name: "everybody-to-db",
        from: { namespace: "other" },
        to: { namespace: "app", podLabels: { app: "db" } },
        ports: [{ port: 5432 }],
      };
      rules((allow) => [...allow, everybody]);
      await up();
      assert.match(policies(), /allow-everybody-to-db-ingress/);
      rules((allow) => allow.slice(0, -1));
      await up();
      assert.equal(policies(), before);
    });
  });
}
