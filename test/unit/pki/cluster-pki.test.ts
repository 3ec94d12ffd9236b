import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import type { AuthorityGenerations } from "../../../components/pki/authority-generations";
import { ClusterPki, type ClusterPkiArgs } from "../../../components/pki/cluster-pki";
import type { SecretFileSpec } from "../../../components/plan/plan";
import {
  assertNamedUnderParents,
  mockValidityEndTime,
  ofType,
  recordStack,
  reveal,
  type Recording,
} from "../../support/mocks";

const args: ClusterPkiArgs = {
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
  epoch: 3,
  serviceAccountKeys: { signingKey: 1, acceptedKeys: [1] },
  encryptionConfiguration: (key) => `key: ${key}\n`,
};

/** Rows of the table for one control plane and two workers: 17 + 2 × 4 + the administrator's. */
const leafCount = 26;
const authorityCount = 5;

function record(changed: Partial<ClusterPkiArgs> = {}): Promise<Recording<ClusterPki>> {
  return recordStack(() => new ClusterPki("pki", { ...args, ...changed }));
}

async function filesOf(pki: ClusterPki, host: string): Promise<Map<string, SecretFileSpec>> {
  const { value, secret } = await reveal(pki.filesFor(host));
  assert.equal(secret, true);
  return new Map(value.map((file) => [file.path, file]));
}

function fileIn(files: Map<string, SecretFileSpec>, path: string): SecretFileSpec {
  const file = files.get(path);
  assert.ok(file, `no file ${path}`);
  return file;
}

describe("the certificates of a cluster as resources", () => {
  it("are five authorities, two bare keys, and key, request and certificate of each leaf", async () => {
    const recording = await record();
    assert.equal(ofType(recording, "redoubt:pki:ClusterPki").size, 1);
    assert.equal(ofType(recording, "redoubt:pki:CertificateAuthority").size, authorityCount);
    assert.equal(ofType(recording, "redoubt:pki:LeafCertificate").size, leafCount);
    assert.equal(ofType(recording, "tls:index/privateKey:PrivateKey").size, authorityCount + 2 + leafCount);
    assert.equal(ofType(recording, "tls:index/selfSignedCert:SelfSignedCert").size, authorityCount);
    assert.equal(ofType(recording, "tls:index/certRequest:CertRequest").size, leafCount);
    assert.equal(ofType(recording, "tls:index/locallySignedCert:LocallySignedCert").size, leafCount);
    assert.equal(
      recording.resources.length,
      1 + authorityCount + leafCount + authorityCount * 2 + 2 + 3 * leafCount,
    );
    assertNamedUnderParents(recording, ["pki"]);
  });

  it("share no key", async () => {
    const recording = await record();
    const keys = [...ofType(recording, "tls:index/certRequest:CertRequest").values()].map(
      ({ inputs }) => inputs["privateKeyPem"],
    );
    assert.equal(new Set(keys).size, leafCount);
  });

  it("are ECDSA P-256, with the key usage of a signature only, for the lifetimes asked for", async () => {
    const recording = await record();
    for (const { inputs } of ofType(recording, "tls:index/privateKey:PrivateKey").values()) {
      assert.deepEqual(inputs, { algorithm: "ECDSA", ecdsaCurve: "P256" });
    }
    for (const { name, inputs } of ofType(
      recording,
      "tls:index/locallySignedCert:LocallySignedCert",
    ).values()) {
      const uses = inputs["allowedUses"];
      assert.ok(Array.isArray(uses), name);
      assert.equal(uses[0], "digital_signature");
      assert.ok(uses.slice(1).every((use) => use === "server_auth" || use === "client_auth"));
      assert.equal(inputs["validityPeriodHours"], 8760);
      assert.notEqual(inputs["isCaCertificate"], true);
    }
    for (const { inputs } of ofType(recording, "tls:index/selfSignedCert:SelfSignedCert").values()) {
      assert.equal(inputs["validityPeriodHours"], 87600);
      assert.equal(inputs["isCaCertificate"], true);
    }
  });

  it("are signed by the authority of their row", async () => {
    const recording = await record();
    const certificates = ofType(recording, "tls:index/locallySignedCert:LocallySignedCert");
    const authorityOf = (leaf: string): string => {
      const pem = certificates.get(`pki-${leaf}-certificate`)?.inputs["caCertPem"];
      assert.ok(typeof pem === "string");
      return Buffer.from(pem.split("\n")[1] ?? "", "base64").toString();
    };
    assert.equal(authorityOf("etcd-peer-cp"), "pki-etcd-ca-certificate");
    assert.equal(authorityOf("front-proxy-client-cp"), "pki-front-proxy-ca-certificate");
    assert.equal(authorityOf("kubelet-client-w1"), "pki-kubernetes-ca-certificate");
    assert.equal(authorityOf("kube-apiserver-webhook-client-cp"), "pki-webhook-ca-certificate");
    assert.equal(authorityOf("admin"), "pki-admin-ca-certificate");
  });

  it("hide private keys wherever they are handed on", async () => {
    const recording = await record();
    for (const { name, type, inputs, secretInputs } of recording.resources) {
      for (const [key, value] of Object.entries(inputs)) {
        if (!JSON.stringify(value).includes("PRIVATE KEY")) continue;
        assert.ok(secretInputs.includes(key), `${type} ${name} shows ${key}`);
      }
    }
    assert.equal((await reveal(recording.result.adminKubeconfig)).secret, true);
    assert.equal((await reveal(recording.result.kubernetesAuthority.issuing.privateKey)).secret, true);
  });

  it("protect what can't be made again: authorities, the token key, the encryption key", async () => {
    const recording = await record();
    const isProtected = recording.resources.filter(({ opts }) => opts.protect === true);
    assert.deepEqual(isProtected.map(({ name }) => name).sort(), [
      "pki-encryption-key",
      "pki-etcd-ca-certificate",
      "pki-etcd-ca-key",
      "pki-front-proxy-ca-certificate",
      "pki-front-proxy-ca-key",
      "pki-kubernetes-ca-certificate",
      "pki-kubernetes-ca-key",
      "pki-service-account-key",
      "pki-webhook-ca-certificate",
      "pki-webhook-ca-key",
    ]);
    const throwaway = await record({ protect: false });
    assert.ok(throwaway.resources.every(({ opts }) => opts.protect !== true));
  });

  it("are renewed by the epoch, keys and the administrator's authority included; what is protected is not", async () => {
    const recording = await record();
    const driven = recording.resources.filter(({ opts }) => opts.replacementTrigger !== undefined);
    assert.equal(driven.length, leafCount + 1);
    assert.ok(driven.some(({ name }) => name === "pki-admin-ca-key"));
    assert.ok(driven.every(({ type }) => type === "tls:index/privateKey:PrivateKey"));
    assert.ok(driven.every(({ opts }) => opts.replacementTrigger === 3 && opts.protect !== true));
  });

  it("tell when each of them ends", async () => {
    const { result } = await record();
    const { value, secret } = await reveal(result.expiries);
    assert.equal(secret, false);
    assert.equal(Object.keys(value).length, authorityCount + leafCount);
    assert.equal(value["kubernetes-ca"], mockValidityEndTime);
    assert.equal(value["kubelet-server-w0"], mockValidityEndTime);
  });
});

describe("the files of a host", () => {
  it("are on a worker: what it trusts, and its own keys", async () => {
    const { result } = await record();
    assert.deepEqual([...(await filesOf(result, "w0")).keys()].sort(), [
      "/etc/kubernetes/kube-proxy/kubeconfig",
      "/etc/kubernetes/kube-router/kubeconfig",
      "/etc/kubernetes/kubelet.conf",
      "/etc/kubernetes/pki/ca.crt",
      "/var/lib/kubelet/pki/kubelet.crt",
      "/var/lib/kubelet/pki/kubelet.key",
    ]);
  });

  it("are on a control plane what its components' flags name", async () => {
    const { result } = await record();
    assert.deepEqual(
      [...(await filesOf(result, "cp")).keys()].sort(),
      [
        ...["ca.crt", "server.crt", "server.key", "peer.crt", "peer.key"].map(
          (file) => `/etc/etcd/pki/${file}`,
        ),
        ...["tls", "etcd-client", "kubelet-client", "front-proxy-client", "webhook-client"].flatMap(
          (file) => [
            `/etc/kubernetes/kube-apiserver/${file}.crt`,
            `/etc/kubernetes/kube-apiserver/${file}.key`,
          ],
        ),
        "/etc/kubernetes/kube-apiserver/encryption.yaml",
        "/etc/kubernetes/kube-apiserver/etcd-ca.crt",
        "/etc/kubernetes/kube-apiserver/sa.key",
        ...["ca.key", "kubeconfig", "sa.key", "tls.crt", "tls.key"].map(
          (file) => `/etc/kubernetes/kube-controller-manager/${file}`,
        ),
        ...["kubeconfig", "tls.crt", "tls.key"].map((file) => `/etc/kubernetes/kube-scheduler/${file}`),
        ...["ca.crt", "front-proxy-ca.crt", "sa.pub"].map((file) => `/etc/kubernetes/pki/${file}`),
        "/etc/kubernetes/pki/etcd-healthcheck-client.crt",
        "/etc/kubernetes/pki/etcd-healthcheck-client.key",
        "/etc/kubernetes/kube-proxy/kubeconfig",
        "/etc/kubernetes/kube-router/kubeconfig",
        "/etc/kubernetes/kubelet.conf",
        "/etc/kubernetes/super-admin.conf",
        "/var/lib/kubelet/pki/kubelet.crt",
        "/var/lib/kubelet/pki/kubelet.key",
      ].sort(),
    );
  });

  it("are 0600 where they hold a key, 0644 where not, with an owner and a folder that the host has", async () => {
    const { result } = await record();
    for (const { name, role } of args.hosts) {
      const { users = [], directories = [] } = serviceAccounts(role);
      const owners = ["root", ...users.map((user) => user.name)];
      const folders = directories.map(({ path }) => path);
      for (const file of (await filesOf(result, name)).values()) {
        const isPrivate = !/\.(crt|pub)$/.test(file.path);
        assert.equal(file.mode, isPrivate ? "0600" : "0644", file.path);
        assert.equal(isPrivate, /PRIVATE KEY|client-key-data|^key: /.test(file.content), file.path);
        assert.ok(owners.includes(file.owner), file.path);
        assert.ok(folders.includes(file.path.slice(0, file.path.lastIndexOf("/"))), file.path);
        assert.ok(file.content.endsWith("\n"), file.path);
      }
    }
  });

  it("keep the keys of all authorities but one in the state", async () => {
    const { result, resources } = await record();
    const keyOf = (authority: string): unknown =>
      resources.find(({ name }) => name === `pki-${authority}-certificate`)?.inputs["privateKeyPem"];
    const contents = (
      await Promise.all(args.hosts.map(async ({ name }) => [...(await filesOf(result, name)).values()]))
    ).flat();
    const holders = (authority: string): string[] =>
      contents.filter(({ content }) => content === keyOf(authority)).map(({ path }) => path);
    assert.deepEqual(holders("etcd-ca"), []);
    assert.deepEqual(holders("front-proxy-ca"), []);
    assert.deepEqual(holders("webhook-ca"), []);
    assert.deepEqual(holders("admin-ca"), []);
    assert.deepEqual(holders("kubernetes-ca"), ["/etc/kubernetes/kube-controller-manager/ca.key"]);
  });

  it("restart who reads them", async () => {
    const { result } = await record();
    const files = await filesOf(result, "cp");
    assert.deepEqual(fileIn(files, "/etc/etcd/pki/peer.key").restart, ["etcd.service"]);
    assert.deepEqual(fileIn(files, "/etc/kubernetes/kube-apiserver/tls.crt").restart, [
      "kube-apiserver.service",
    ]);
    assert.deepEqual(fileIn(files, "/etc/kubernetes/pki/ca.crt").restart, [
      "kube-apiserver.service",
      "kube-controller-manager.service",
      "kube-scheduler.service",
      "kubelet.service",
    ]);
    assert.deepEqual(fileIn(await filesOf(result, "w0"), "/etc/kubernetes/pki/ca.crt").restart, [
      "kubelet.service",
    ]);
  });

  it("hold a kubeconfig that works by itself", async () => {
    const { result } = await record();
    const text = fileIn(await filesOf(result, "w0"), "/etc/kubernetes/kubelet.conf").content;
    const config = parse(text) as { users: { name: string; user: { "client-key-data": string } }[] };
    assert.equal(config.users[0]?.name, "system:node:w0");
    const key = Buffer.from(config.users[0].user["client-key-data"], "base64").toString();
    assert.equal(createPrivateKey(key).asymmetricKeyType, "ec");
  });

  it("are refused for an unknown host", async () => {
    const { result } = await record();
    assert.throws(() => result.filesFor("w9"), /host w9 is not among/);
  });
});

describe("the keys of service account tokens", () => {
  const key = (generation: number): string =>
    generation === 1 ? "pki-service-account-key" : `pki-service-account-key-${generation}`;

  async function filesWith(signingKey: number, acceptedKeys: number[]): Promise<Record<string, string>> {
    const { result, resources } = await record({ serviceAccountKeys: { signingKey, acceptedKeys } });
    const files = await filesOf(result, "cp");
    const made = resources.filter(({ name }) => name.startsWith("pki-service-account-key"));
    assert.ok(made.every(({ opts }) => opts.protect === true && opts.replacementTrigger === undefined));
    return {
      names: made.map(({ name }) => name).join(" "),
      publicKeys: fileIn(files, "/etc/kubernetes/pki/sa.pub").content,
      signing: fileIn(files, "/etc/kubernetes/kube-apiserver/sa.key").content,
      ofControllers: fileIn(files, "/etc/kubernetes/kube-controller-manager/sa.key").content,
    };
  }
  const publicOf = (privateKey: string): string =>
    createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();

  it("are one, as long as nothing is rotated", async () => {
    const { names, publicKeys, signing = "" } = await filesWith(1, [1]);
    assert.equal(names, key(1));
    assert.equal(publicKeys, publicOf(signing));
  });

  it("are two while a rotation goes on: the old one signs first, then the new one, and both are accepted", async () => {
    for (const signingKey of [1, 2]) {
      const files = await filesWith(signingKey, [1, 2]);
      assert.equal(files["names"], `${key(1)} ${key(2)}`);
      const accepted = (files["publicKeys"] ?? "").match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----\n/g);
      assert.equal(accepted?.length, 2);
      assert.equal(accepted[signingKey - 1], publicOf(files["signing"] ?? ""));
      assert.equal(files["ofControllers"], files["signing"]);
    }
  });

  it("keep the old one unread in the state at the end, so that none is deleted by mistake", async () => {
    const { names, publicKeys, signing = "" } = await filesWith(2, [2]);
    assert.equal(names, `${key(1)} ${key(2)}`);
    assert.equal(publicKeys, publicOf(signing));
  });

  it("are refused when what signs would not be accepted", async () => {
    await assert.rejects(filesWith(2, [1]), /key 2 would sign, and is not among the accepted/);
  });
});

describe("the generations of the authorities", () => {
  const rotating = ["kubernetes-ca", "etcd-ca", "front-proxy-ca", "webhook-ca"];
  const numbered = (generation: number): string[] => rotating.map((name) => `${name}-${generation}`);
  const stages: Readonly<Record<"before" | "announced" | "changed" | "after", AuthorityGenerations>> = {
    before: { issuing: 1, trusted: [1] },
    announced: { issuing: 1, trusted: [1, 2] },
    changed: { issuing: 2, trusted: [1, 2] },
    after: { issuing: 2, trusted: [2] },
  };
  const at = (stage: keyof typeof stages): Promise<Recording<ClusterPki>> =>
    record({ authorities: stages[stage] });

  const authoritiesOf = (recording: Recording<ClusterPki>): string[] =>
    [...ofType(recording, "redoubt:pki:CertificateAuthority").keys()].map((name) =>
      name.slice("pki-".length),
    );
  /** Which resources' certificates a text holds, in order; the mock's PEM names its resource. */
  const certificatesIn = (text: string): string[] =>
    [...text.matchAll(/-----BEGIN CERTIFICATE-----\n(.*)\n/g)].map(([, name = ""]) =>
      Buffer.from(name, "base64")
        .toString()
        .replace(/^pki-(.*)-certificate$/, "$1"),
    );
  const kubeconfigTrust = (text: string): string[] => {
    const { clusters } = parse(text) as {
      clusters: { cluster: { "certificate-authority-data": string } }[];
    };
    return certificatesIn(
      Buffer.from(clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64").toString(),
    );
  };
  const protectedAuthorities = ({ resources }: Recording<ClusterPki>): string[] =>
    resources
      .filter(({ name, opts }) => opts.protect === true && /-ca(-\d+)?-key$/.test(name))
      .map(({ name }) => name.replace(/^pki-(.*)-key$/, "$1"));

  it("are one without a number, as long as nothing is rotated", async () => {
    assert.deepEqual(authoritiesOf(await at("before")).sort(), [...rotating, "admin-ca"].sort());
  });

  it("are two while a rotation goes on, and the old one goes with its key at the end", async () => {
    const both = [...rotating, ...numbered(2), "admin-ca"].sort();
    assert.deepEqual(authoritiesOf(await at("announced")).sort(), both);
    assert.deepEqual(authoritiesOf(await at("changed")).sort(), both);
    const after = await at("after");
    assert.deepEqual(authoritiesOf(after).sort(), [...numbered(2), "admin-ca"].sort());
    assert.ok(after.resources.every(({ name }) => !/-ca-key$/.test(name) || name === "pki-admin-ca-key"));
    assertNamedUnderParents(after, ["pki"]);
  });

  it("tell themselves apart by name", async () => {
    const certificates = ofType(await at("announced"), "tls:index/selfSignedCert:SelfSignedCert");
    const subjects = [...certificates.values()].map(({ inputs }) => JSON.stringify(inputs["subject"]));
    assert.equal(new Set(subjects).size, authorityCount + rotating.length);
  });

  it("are protected while they issue and only then, so that a step can take the others out", async () => {
    assert.deepEqual(protectedAuthorities(await at("before")).sort(), [...rotating].sort());
    assert.deepEqual(protectedAuthorities(await at("announced")).sort(), [...rotating].sort());
    assert.deepEqual(protectedAuthorities(await at("changed")).sort(), numbered(2).sort());
    assert.deepEqual(protectedAuthorities(await at("after")).sort(), numbered(2).sort());
  });

  it("issue every leaf by the one that is chosen, the administrator's by its own", async () => {
    const issuers = async (stage: keyof typeof stages): Promise<string[]> => {
      const certificates = ofType(await at(stage), "tls:index/locallySignedCert:LocallySignedCert");
      const leaves = [...certificates.values()].filter(({ inputs }) => inputs["isCaCertificate"] !== true);
      assert.equal(leaves.length, leafCount);
      return [...new Set(leaves.flatMap(({ inputs }) => certificatesIn(String(inputs["caCertPem"]))))].sort();
    };
    assert.deepEqual(await issuers("announced"), [...rotating, "admin-ca"].sort());
    assert.deepEqual(await issuers("changed"), [...numbered(2), "admin-ca"].sort());
  });

  it("are trusted together wherever a host or a kubeconfig trusts", async () => {
    for (const [stage, { trusted }] of Object.entries(stages)) {
      const { result } = await at(stage as keyof typeof stages);
      const files = await filesOf(result, "cp");
      const all = (name: string): string[] =>
        trusted.map((generation) => (generation === 1 ? name : `${name}-${generation}`));
      const kubernetes = stage === "before" ? "ca.crt" : "trusted-authorities.crt";
      const bundles: readonly (readonly [file: string, authority: string])[] = [
        [`/etc/kubernetes/pki/${kubernetes}`, "kubernetes-ca"],
        ["/etc/kubernetes/pki/front-proxy-ca.crt", "front-proxy-ca"],
        ["/etc/etcd/pki/ca.crt", "etcd-ca"],
        ["/etc/kubernetes/kube-apiserver/etcd-ca.crt", "etcd-ca"],
      ];
      for (const [path, authority] of bundles) {
        assert.deepEqual(certificatesIn(fileIn(files, path).content), all(authority), `${stage}: ${path}`);
      }
      const kubeconfigs = [...files.values()].filter(({ path }) => /(\.conf|\/kubeconfig)$/.test(path));
      assert.equal(kubeconfigs.length, 6);
      for (const { content } of kubeconfigs) assert.deepEqual(kubeconfigTrust(content), all("kubernetes-ca"));
      const admin = (await reveal(result.adminKubeconfig)).value;
      assert.deepEqual(kubeconfigTrust(admin), all("kubernetes-ca"));
      assert.deepEqual(
        certificatesIn((await reveal(result.webhookAuthority.trusted)).value),
        all("webhook-ca"),
      );
      const worker = await filesOf(result, "w0");
      const trustedByWorker = fileIn(worker, `/etc/kubernetes/pki/${kubernetes}`);
      assert.deepEqual(certificatesIn(trustedByWorker.content), all("kubernetes-ca"));
      assert.deepEqual(trustedByWorker.restart, ["kubelet.service"]);
    }
  });

  it("sign with one certificate and its key: a signer reads no second one", async () => {
    for (const [stage, authority] of [
      ["announced", "kubernetes-ca"],
      ["changed", "kubernetes-ca-2"],
      ["after", "kubernetes-ca-2"],
    ] as const) {
      const { result, resources } = await at(stage);
      const files = await filesOf(result, "cp");
      const issuing = fileIn(files, "/etc/kubernetes/pki/ca.crt");
      assert.deepEqual(certificatesIn(issuing.content), [authority]);
      assert.deepEqual(issuing.restart, ["kube-controller-manager.service"]);
      const made = resources.find(({ name }) => name === `pki-${authority}-certificate`);
      const key = fileIn(files, "/etc/kubernetes/kube-controller-manager/ca.key");
      assert.equal(key.content, made?.inputs["privateKeyPem"]);
    }
  });

  it("vouch for each other where a server meets callers who know only the old one, while that is trusted", async () => {
    const shown = async (stage: keyof typeof stages): Promise<Record<string, string[]>> => {
      const { result, resources } = await record({ authorities: stages[stage], identityProvider: true });
      const crosses = resources.filter(({ type }) => type === "redoubt:pki:CrossCertificate");
      assert.equal(crosses.length, stage === "changed" ? 1 : 0);
      const files = await filesOf(result, "cp");
      const certificates = [...files.values()].filter(({ content }) => certificatesIn(content).length > 0);
      return Object.fromEntries(
        certificates
          .filter(({ path }) => !/ca\.crt$|authorities\.crt$/.test(path))
          .map(({ path, content }) => [path, certificatesIn(content).slice(1)]),
      );
    };
    const cross = ["kubernetes-ca-2-by-1"];
    const outside = ["/etc/dex/tls.crt", "/etc/kubernetes/kube-apiserver/tls.crt"];
    for (const [path, chain] of Object.entries(await shown("changed"))) {
      assert.deepEqual(chain, outside.includes(path) ? cross : [], path);
    }
    for (const stage of ["before", "announced", "after"] as const) {
      assert.deepEqual(Object.values(await shown(stage)).flat(), [], stage);
    }
    const { resources } = await at("changed");
    const made = resources.find(({ name }) => name === "pki-kubernetes-ca-2-by-1-certificate");
    assert.deepEqual(certificatesIn(String(made?.inputs["caCertPem"])), ["kubernetes-ca"]);
    assert.equal(made?.inputs["isCaCertificate"], true);
  });

  it("end each at its own time", async () => {
    const { value } = await reveal((await at("announced")).result.expiries);
    assert.ok(rotating.every((name) => name in value && `${name}-2` in value));
    assert.equal("kubernetes-ca" in (await reveal((await at("after")).result.expiries)).value, false);
  });

  it("are refused when what issues would not be trusted", async () => {
    await assert.rejects(
      record({ authorities: { issuing: 2, trusted: [1] } }),
      /kubernetes-ca 2 would issue, and is not among the trusted/,
    );
  });
});
