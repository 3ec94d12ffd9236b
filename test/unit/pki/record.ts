import assert from "node:assert/strict";
import { ClusterPki, type ClusterPkiArgs } from "../../../components/pki/cluster-pki";
import type { SecretFileSpec } from "../../../components/plan/plan";
import { recordStack, reveal, type Recording } from "../../support/mocks";

/** One control plane and two workers. */
export const args: ClusterPkiArgs = {
  clusterName: "test",
  clusterDomain: "cluster.local",
  kubernetesServiceAddress: "10.96.0.1",
  endpoint: "10.0.0.10",
  subjectAltNames: [],
  hosts: [
    { name: "cp", role: "control-plane", address: "10.0.0.10" },
    { name: "w0", role: "worker", address: "10.0.0.11" },
    { name: "w1", role: "worker", address: "10.0.0.12" },
  ],
  authorityValidityHours: 87600,
  authorities: { issuing: 1, trusted: [1] },
  leafValidityHours: 8760,
  renewBeforeHours: 2920,
  epoch: 3,
  serviceAccountKeys: { signingKey: 1, acceptedKeys: [1] },
  encryptionKeys: { encrypting: 1, decrypting: [1] },
  encryptionConfiguration: (keys) => keys.map(({ name, secret }) => `${name}: ${secret}\n`).join(""),
};

/** Rows of the table for one control plane and two workers: 17 + 2 × 4 + the administrator's. */
export const leafCount = 26;
/** Those that rotate, and the administrator's. */
export const authorityCount = 5;

/** Records the certificates of a cluster, with other arguments where they are given. */
export function record(changed: Partial<ClusterPkiArgs> = {}): Promise<Recording<ClusterPki>> {
  return recordStack(() => new ClusterPki("pki", { ...args, ...changed }));
}

/** Files of a host by their path. */
export async function filesOf(pki: ClusterPki, host: string): Promise<Map<string, SecretFileSpec>> {
  const { value, secret } = await reveal(pki.filesFor(host));
  assert.equal(secret, true);
  return new Map(value.map((file) => [file.path, file]));
}

/** The file of that path, which must be there. */
export function fileIn(files: Map<string, SecretFileSpec>, path: string): SecretFileSpec {
  const file = files.get(path);
  assert.ok(file, `no file ${path}`);
  return file;
}
