import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { ControlPlaneArgs } from "../../components/control-plane/control-plane";
import type { Host, HostSpec } from "../../components/hosts/host";
import type { NodeArgs } from "../../components/node/node";
import type { ArtifactCatalog } from "../../components/plan/artifact-catalog";
import type { HostPlan } from "../../components/plan/plan";
import { planFiles } from "../../components/plan/script";
import { UnitFile } from "./unit-file";

/** Programs that hosts install. */
export const artifactNames = [
  ...["etcd", "etcdctl", "etcdutl"],
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"],
  "dex",
  "metrics-server",
  ...["kubelet", "kube-proxy", "kube-router"],
  ...["ptp", "host-local", "loopback"],
];

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A catalogue of them; nothing lies behind the URLs. */
export const artifacts: ArtifactCatalog = Object.fromEntries(
  artifactNames.map((name) => [
    name,
    { version: "1.0.0", url: `file:///opt/redoubt/artifacts/tools/${name}`, sha256: sha256(name) },
  ]),
);

/** One control plane and two workers. */
export const hostSpecs: readonly HostSpec[] = [
  { name: "control-plane-0", role: "control-plane", address: "10.77.5.10", podCidr: "10.244.0.0/24" },
  { name: "worker-0", role: "worker", address: "10.77.5.32", podCidr: "10.244.16.0/24" },
  { name: "worker-1", role: "worker", address: "10.77.5.33", podCidr: "10.244.17.0/24" },
];

/** The host of that name, as a program's component gets it. */
export function fixtureHost(name: string, ready: readonly pulumi.Resource[] = []): Host {
  const spec = hostSpecs.find((host) => host.name === name);
  assert.ok(spec, `no host ${name}`);
  return { spec, connection: { host: spec.address, hostKey: "ssh-ed25519 AAAA" }, ready };
}

/** Arguments of the control plane, but for its hosts. */
export const controlPlaneArgs: Omit<ControlPlaneArgs, "hosts"> = {
  clusterName: "test",
  etcdAddresses: ["10.77.5.10"],
  serviceClusterIpRange: "10.96.0.0/16",
  authentication: {
    serviceAccounts: {
      issuer: "https://kubernetes.default.svc.cluster.local",
      acceptedIssuers: [],
      maxTokenExpirationHours: 24,
    },
    staticTokens: { users: [] },
    bootstrapTokens: false,
  },
  authorizationMode: ["Node", "RBAC"],
  authorization: { abac: [] },
  podSecurity: { enforce: "baseline", warn: "restricted", audit: "restricted" },
  auditLog: { maxAge: 30, maxBackup: 10, maxSize: 100 },
  encryptionProvider: "secretbox",
  encryptionKeys: { encrypting: 1, decrypting: [1] },
  artifacts,
};

/** Arguments of a node, but for its host. */
export const nodeArgs: Omit<NodeArgs, "host"> = {
  allHosts: hostSpecs,
  podCidr: "10.244.0.0/16",
  serviceClusterIpRange: "10.96.0.0/16",
  clusterDomain: "cluster.local",
  clusterDns: "10.96.0.10",
  sandboxImage: "redoubt.local/pause:1.0.0",
  images: [
    { reference: "redoubt.local/pause:1.0.0", archive: "/opt/redoubt/artifacts/images/pause.tar" },
    { reference: "redoubt.local/coredns:1.0.0", archive: "/opt/redoubt/artifacts/images/coredns.tar" },
  ],
  artifacts,
};

/** Contents of all files and units of a plan, by path. */
export function contentsOf(plan: HostPlan): Record<string, string> {
  return Object.fromEntries(planFiles(plan, "test").map((file) => [file.path, file.content]));
}

/** A unit that the plan writes. */
export function unitOf(plan: HostPlan, name: string): UnitFile {
  const content = plan.units.find((unit) => unit.name === name)?.content;
  assert.ok(content, `the plan writes no unit ${name}`);
  return new UnitFile(content);
}
