import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import type { AllowRule, NetworkPolicyManifest } from "../../../components/network/allow-rules";
import { NetworkPolicies, type NetworkPoliciesArgs } from "../../../components/network/network-policies";
import { assertGolden } from "../../support/golden";
import { assertNamedUnderParents, ofType, recordStack, reveal, type Recording } from "../../support/mocks";

const webToDatabase: AllowRule = {
  name: "web-to-db",
  from: { namespace: "app", podLabels: { app: "web" } },
  to: { namespace: "app", podLabels: { app: "db" } },
  ports: [{ protocol: "TCP", port: 5432 }],
};

const args: NetworkPoliciesArgs = {
  namespaces: [{ name: "app", podSecurity: { enforce: "restricted" } }],
  allow: [webToDatabase],
  apiServerAddresses: ["10.77.5.10"],
  upstreamResolvers: [],
};

type Policy = Pick<NetworkPolicyManifest, "spec"> & {
  readonly metadata: { readonly name: string; readonly namespace: string };
};

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const record = (changed: Partial<NetworkPoliciesArgs> = {}): Promise<Recording<NetworkPolicies>> =>
  recordStack(() => new NetworkPolicies("network", { ...args, ...changed }));
const policiesOf = (recording: Recording<unknown>): Policy[] =>
  [...ofType(recording, policyType).values()].map(({ inputs }) => inputs as unknown as Policy);
const systemPolicies = async (changed: Partial<NetworkPoliciesArgs>): Promise<Map<string, Policy>> =>
  new Map(
    policiesOf(await record(changed))
      .filter(({ metadata }) => metadata.namespace === "kube-system")
      .map((policy) => [policy.metadata.name, policy]),
  );

describe("network policies", () => {
  it("are these, for one namespace and one rule", async () => {
    const recording = await record();
    const objects = recording.resources.filter(({ custom }) => custom);
    const golden = new Map<string, string>();
    for (const { inputs } of objects) {
      const { name, namespace } = inputs["metadata"] as { name: string; namespace?: string };
      const file = namespace === undefined ? `/${name}/namespace.yaml` : `/${namespace}/${name}.yaml`;
      golden.set(file, stringify(inputs));
    }
    assert.equal(golden.size, objects.length);
    assertGolden("network/policies", Object.fromEntries(golden));
    assertNamedUnderParents(recording, ["network"]);
  });

  it("come with a Service of each rule with a node port, whose pods see who connects", async () => {
    const exposed: AllowRule = {
      name: "shop",
      from: { cidr: "203.0.113.0/24" },
      to: { namespace: "app", podLabels: { app: "web" } },
      ports: [
        { protocol: "TCP", port: 8443, nodePort: 30443 },
        { protocol: "TCP", port: 9090 },
      ],
    };
    const recording = await record({ allow: [webToDatabase, exposed] });
    const services = [...ofType(recording, "kubernetes:core/v1:Service").values()];
    assert.deepEqual(
      services.map(({ inputs }) => inputs["metadata"]),
      [
        {
          name: "allow-shop",
          namespace: "app",
          labels: { "redoubt.io/rule": "shop" },
          annotations: { "pulumi.com/skipAwait": "true" },
        },
      ],
    );
    assert.deepEqual(services[0]?.inputs["spec"], {
      type: "NodePort",
      externalTrafficPolicy: "Local",
      selector: { app: "web" },
      ports: [{ name: "tcp-30443", protocol: "TCP", port: 8443, targetPort: 8443, nodePort: 30443 }],
    });
    const ingress = policiesOf(recording).find(({ metadata }) => metadata.name === "allow-shop-ingress");
    assert.deepEqual(ingress?.spec.ingress?.[0]?.ports, [
      { protocol: "TCP", port: 8443 },
      { protocol: "TCP", port: 9090 },
    ]);
    assertNamedUnderParents(recording, ["network"]);
  });

  it("go with their namespace and not before, so that pods which are still stopping stay isolated", async () => {
    const policies = ofType(await record(), policyType).values();
    const deletedWith = await Promise.all(
      [...policies].map(async ({ inputs, opts }) => {
        const { namespace } = (inputs as unknown as Policy).metadata;
        const urn = opts.deletedWith === undefined ? "" : (await reveal(opts.deletedWith.urn)).value;
        return `${namespace}: ${urn.split("::").at(-1) ?? ""}`;
      }),
    );
    assert.deepEqual([...new Set(deletedWith)].sort(), [
      "app: network-app",
      "default: ",
      "kube-node-lease: ",
      "kube-public: ",
      "kube-system: ",
    ]);
  });

  for (const namespace of ["default", "kube-public", "kube-node-lease", "kube-system", "app"]) {
    it(`CIS 5.3.2: deny everything in ${namespace} that no other policy allows`, async () => {
      const denials = policiesOf(await record()).filter(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === "default-deny",
      );
      assert.equal(denials.length, 1);
      assert.deepEqual(denials[0]?.spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    });
  }

  for (const namespace of ["default", "kube-public", "kube-node-lease", "app"]) {
    it(`let every pod of ${namespace} ask cluster DNS, on the port that its pods listen on`, async () => {
      const policies = policiesOf(await record());
      const dns = policies.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === "allow-dns",
      );
      assert.deepEqual(dns?.spec, {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
              },
            ],
            ports: [
              { protocol: "UDP", port: 1053 },
              { protocol: "TCP", port: 1053 },
            ],
          },
        ],
      });
    });
  }

  it("let cluster DNS answer every pod, ask the API server, and nobody else", async () => {
    const policies = await systemPolicies({ apiServerAddresses: ["10.77.5.10", "10.77.5.11"] });
    assert.deepEqual(
      [...policies.keys()],
      ["default-deny", "dns-answers-every-pod", "dns-asks-the-api-server"],
    );
    assert.deepEqual(policies.get("dns-asks-the-api-server")?.spec.egress, [
      {
        to: [{ ipBlock: { cidr: "10.77.5.10/32" } }, { ipBlock: { cidr: "10.77.5.11/32" } }],
        ports: [{ protocol: "TCP", port: 6443 }],
      },
    ]);
  });

  it("let cluster DNS ask outside only the resolvers that are configured", async () => {
    const policies = await systemPolicies({ upstreamResolvers: ["192.0.2.53"] });
    assert.deepEqual(policies.get("dns-asks-upstream")?.spec.egress, [
      {
        to: [{ ipBlock: { cidr: "192.0.2.53/32" } }],
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
    ]);
  });

  it("never open all ports, nor all addresses", async () => {
    for (const { metadata, spec } of policiesOf(await record({ upstreamResolvers: ["192.0.2.53"] }))) {
      for (const { ports, peers } of [
        ...(spec.ingress ?? []).map(({ ports, from }) => ({ ports, peers: from })),
        ...(spec.egress ?? []).map(({ ports, to }) => ({ ports, peers: to })),
      ]) {
        assert.ok((ports ?? []).length > 0, `${metadata.namespace}/${metadata.name} opens all ports`);
        assert.ok((peers ?? []).length > 0, `${metadata.namespace}/${metadata.name} opens to everybody`);
        assert.doesNotMatch(JSON.stringify(peers), /\/0"/);
      }
    }
  });
});

describe("namespaces", () => {
  it("are made with their Pod Security Standard; those that every cluster has are left alone", async () => {
    const namespaces = ofType(await record(), "kubernetes:core/v1:Namespace");
    assert.deepEqual([...namespaces.keys()], ["network-app"]);
    assert.deepEqual(namespaces.get("network-app")?.inputs["metadata"], {
      name: "app",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
  });

  it("have no label where the cluster's own standard holds", async () => {
    const namespaces = ofType(
      await record({ namespaces: [{ name: "app" }], allow: [] }),
      "kubernetes:core/v1:Namespace",
    );
    assert.deepEqual(namespaces.get("network-app")?.inputs["metadata"], { name: "app", labels: {} });
  });
});
