import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import { assertNamedUnderParents, mockValidityEndTime, ofType, reveal } from "../../support/mocks";
import { args, authorityCount, fileIn, filesOf, leafCount, record } from "./record";

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

  it("are issued anew before they end, leaves alone: an authority that is made anew is a rotation", async () => {
    const recording = await record();
    const hours = (type: string): unknown[] => {
      const found = recording.resources.filter((resource) => resource.type === type);
      return [...new Set(found.map(({ inputs }) => inputs["earlyRenewalHours"]))];
    };
    assert.deepEqual(hours("tls:index/locallySignedCert:LocallySignedCert"), [2920]);
    assert.deepEqual(hours("tls:index/selfSignedCert:SelfSignedCert"), [0]);
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
        ...["ca.key", "sa.key", "tls.crt", "tls.key"].map(
          (file) => `/etc/kubernetes/kube-controller-manager/${file}`,
        ),
        ...["tls.crt", "tls.key"].map((file) => `/etc/kubernetes/kube-scheduler/${file}`),
        ...["controller-manager", "scheduler"].map((name) => `/etc/kubernetes/${name}.conf`),
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
        assert.equal(isPrivate, /PRIVATE KEY|client-key-data|^key1: /.test(file.content), file.path);
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
    // etcd reads its own anew with each connection, and whom to trust when it starts.
    assert.deepEqual(fileIn(files, "/etc/etcd/pki/peer.key").restart, []);
    assert.deepEqual(fileIn(files, "/etc/etcd/pki/ca.crt").restart, ["etcd.service"]);
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
    assert.ok(made.every(({ opts }) => opts.replacementTrigger === undefined));
    // One that is only announced may go again; none may that has signed.
    const kept = made.filter(({ opts }) => opts.protect === true).map(({ name }) => name);
    assert.deepEqual(
      kept,
      made.map(({ name }) => name).filter((_, index) => index < signingKey),
    );
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

describe("the keys that secrets are encrypted with", () => {
  async function keysWith(encrypting: number, decrypting: number[]): Promise<Record<string, string[]>> {
    const { result, resources } = await record({ encryptionKeys: { encrypting, decrypting } });
    const made = resources.filter(({ name }) => name.startsWith("pki-encryption-key"));
    assert.ok(made.every(({ opts }) => opts.replacementTrigger === undefined));
    const file = fileIn(await filesOf(result, "cp"), "/etc/kubernetes/kube-apiserver/encryption.yaml");
    const lines = file.content.trim().split("\n");
    const secrets = lines.map((line) => line.split(": ")[1]);
    assert.equal(new Set(secrets).size, lines.length, "each key is another");
    return {
      made: made.map(({ name }) => name),
      kept: made.filter(({ opts }) => opts.protect === true).map(({ name }) => name),
      used: lines.map((line) => line.split(":")[0] ?? ""),
    };
  }
  const [first, second] = ["pki-encryption-key", "pki-encryption-key-2"];

  it("are one, as long as nothing is rotated", async () => {
    assert.deepEqual(await keysWith(1, [1]), { made: [first], kept: [first], used: ["key1"] });
  });

  it("are two while a rotation goes on: the old one encrypts first, then the new one, and both decrypt", async () => {
    const announced = { made: [first, second], kept: [first], used: ["key1", "key2"] };
    assert.deepEqual(await keysWith(1, [1, 2]), announced);
    const encrypts = { made: [first, second], kept: [first, second], used: ["key2", "key1"] };
    assert.deepEqual(await keysWith(2, [1, 2]), encrypts);
  });

  it("keep the old one unread in the state at the end, because snapshots of etcd need it", async () => {
    const kept = [first, second];
    assert.deepEqual(await keysWith(2, [2]), { made: [first, second], kept, used: ["key2"] });
  });

  it("are refused when what encrypts would not decrypt", async () => {
    await assert.rejects(keysWith(2, [1]), /key 2 would encrypt, and is not among those that decrypt/);
  });
});
