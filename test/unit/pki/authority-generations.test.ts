import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import type { AuthorityGenerations } from "../../../components/pki/authority-generations";
import type { ClusterPki } from "../../../components/pki/cluster-pki";
import { assertNamedUnderParents, ofType, reveal, type Recording } from "../../support/mocks";
import { authorityCount, fileIn, filesOf, leafCount, record } from "./record";

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
    assert.ok(after.resources.every(({ name }) => !name.endsWith("-ca-key") || name === "pki-admin-ca-key"));
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
