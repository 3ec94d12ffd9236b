import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { controllerManagerFlags } from "../../../components/control-plane/controller-manager";
import { kubeApiserverFlags } from "../../../components/control-plane/kube-apiserver";
import { schedulerFlags } from "../../../components/control-plane/scheduler";
import { etcdMember } from "../../../components/etcd/etcd-member";
import { firstGeneration, type AuthorityGenerations } from "../../../components/pki/authority-generations";
import { clientAuthoritiesFile, controlPlaneFiles, leafFiles } from "../../../components/pki/host-files";
import { leafProfiles } from "../../../components/pki/profiles";
import { controlPlaneArgs } from "../../support/fixture-cluster";
import type { SecretFileSpec } from "../../../components/plan/plan";

const source = { version: "1", url: "https://example.org/file", sha256: "0".repeat(64) };
const artifacts = Object.fromEntries(
  ["etcd", "etcdctl", "etcdutl", "kube-controller-manager"].map((name) => [name, source]),
);
const pair = { certificate: "certificate\n", privateKey: "key\n" };
const cluster = { clusterName: "test", issuingAuthority: "authority\n", trustedAuthorities: "authority\n" };

const certificateFiles = (authorities: AuthorityGenerations): readonly SecretFileSpec[] => [
  clientAuthoritiesFile(["authority\n"]),
  ...controlPlaneFiles(
    {
      trusted: {
        "kubernetes-ca": "authority\n",
        "etcd-ca": "authority\n",
        "front-proxy-ca": "authority\n",
        "webhook-ca": "authority\n",
        "admin-ca": "authority\n",
      },
      signingKey: "key\n",
      serviceAccount: { publicKeys: ["public\n"], privateKey: "key\n" },
      encryptionConfiguration: "encryption\n",
    },
    cluster,
    authorities,
  ),
  ...leafProfiles({
    clusterDomain: "cluster.local",
    kubernetesServiceAddress: "10.96.0.1",
    endpoint: "10.0.0.10",
    subjectAltNames: [],
    hosts: [{ name: "cp", role: "control-plane", address: "10.0.0.10" }],
  }).flatMap((profile) => leafFiles(profile, pair, cluster)),
];

/** Paths on the command line that only this table can fill. */
function certificatePaths(flags: readonly string[]): string[] {
  const paths = flags.flatMap(
    (flag) => flag.match(/\/[^\s"']+(\.crt|\.key|\.pub|\/kubeconfig|\/encryption\.yaml)\b/g) ?? [],
  );
  // systemd puts them there, whoever may read the file that it takes them from.
  return paths.filter((path) => !path.startsWith("/run/credentials/"));
}

const rotated: AuthorityGenerations = { issuing: 1, trusted: [1, 2] };

/** Before a rotation and in it programs read other files. */
function assertDelivered(
  user: string,
  flags: (authorities: AuthorityGenerations) => readonly string[],
): void {
  for (const authorities of [firstGeneration, rotated]) {
    assertAmong(certificateFiles(authorities), user, certificatePaths(flags(authorities)));
  }
}

function assertAmong(files: readonly SecretFileSpec[], user: string, wanted: readonly string[]): void {
  assert.ok(wanted.length > 0);
  for (const path of wanted) {
    const file = files.find((candidate) => candidate.path === path);
    assert.ok(file, `${path} is named on the command line and in no file`);
    assert.ok(file.owner === user || file.mode === "0644", `${user} can't read ${path}`);
  }
}

describe("the list of authorities whose clients are let in", () => {
  it("is read again by the API server when it changes, without a restart", () => {
    const file = clientAuthoritiesFile(["cluster\n", "alice\n"]);
    assert.equal(file.content, "cluster\nalice\n");
    assert.deepEqual(file.restart, []);
    assert.equal(file.mode, "0644");
  });
});

describe("the files of a control plane", () => {
  it("hold all that the API server's flags name, readable by it", () => {
    const flags = (authorities: AuthorityGenerations): string[] =>
      kubeApiserverFlags({
        authorities,
        advertiseAddress: "10.0.0.10",
        etcdAddresses: ["10.0.0.10"],
        serviceClusterIpRange: "10.96.0.0/16",
        authentication: controlPlaneArgs.authentication,
        authorizationMode: ["Node", "RBAC"],
        authorization: { abac: [] },
        podSecurity: { enforce: "baseline", warn: "restricted", audit: "restricted" },
        auditLog: { maxAge: 30, maxBackup: 10, maxSize: 100 },
        artifacts,
      });
    assertDelivered("kube-apiserver", flags);
  });

  it("hold all that the controller manager's flags name, readable by it", () => {
    const flags = (authorities: AuthorityGenerations): string[] =>
      controllerManagerFlags({
        authorities,
        clusterName: "test",
        authentication: controlPlaneArgs.authentication,
        serviceClusterIpRange: "10.96.0.0/16",
        artifacts,
      });
    assertDelivered("kube-controller-manager", flags);
  });

  it("hold all that the scheduler's flags name, readable by it", () => {
    assertDelivered("kube-scheduler", (authorities) => schedulerFlags({ authorities }));
  });

  it("hold all that etcd's flags name, readable by it", () => {
    const member = { name: "cp", address: "10.0.0.10" };
    const { units = [] } = etcdMember({ member, members: [member], clusterToken: "test", artifacts });
    assertDelivered("etcd", () => units.map(({ content = "" }) => content));
  });
});
