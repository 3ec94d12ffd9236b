import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Change } from "../../../report/change";
import { previewChanges } from "../../../report/changes";
import type { Operation, Step } from "../../../report/preview";
import { previewOf, stackStep, stepOf } from "./steps";

const hosts = ["control-plane-0", "worker-0"];

function personSteps(person: string, operation: Operation): Step[] {
  const step = (component: string, type: string, name: string): Step =>
    stepOf(
      `redoubt:access:UserCertificate$redoubt:pki:${component}$tls:index/${type}`,
      `user-${person}-${name}`,
      { operation },
    );
  return [
    step("CertificateAuthority", "privateKey:PrivateKey", "authority-key"),
    step("CertificateAuthority", "selfSignedCert:SelfSignedCert", "authority-certificate"),
    step("LeafCertificate", "privateKey:PrivateKey", "leaf-key"),
    step("LeafCertificate", "certRequest:CertRequest", "leaf-request"),
    step("LeafCertificate", "locallySignedCert:LocallySignedCert", "leaf-certificate"),
  ];
}

function changesOf(...steps: readonly Step[]): Change[] {
  return previewChanges(previewOf(stackStep(hosts, hosts), ...steps));
}

/** `place, title: class` of each change. */
const lines = (changes: readonly Change[]): string[] =>
  changes.map(({ place, title, impact }) => `${place}, ${title}: ${impact.class}`);

describe("a person who comes in by a certificate", () => {
  it("is refused from then on when taken out, and nobody else notices", () => {
    const changes = changesOf(...personSteps("alice", "delete"));
    assert.deepEqual(lines(changes), [
      "certificates, authority user-alice-authority: reload",
      "certificates, certificate user-alice-leaf: none",
    ]);
    assert.match(changes[0]?.impact.reason ?? "", /^certificates of alice are refused from then on/);
    assert.match(changes[1]?.impact.reason ?? "", /refused/);
  });

  it("needs the new certificate after another epoch", () => {
    const [authority, leaf] = changesOf(...personSteps("alice", "replace"));
    assert.equal(authority?.impact.class, "reload");
    assert.match(authority.impact.reason, /^certificates of alice .* refused/);
    assert.equal(leaf?.impact.class, "none");
  });

  it("keeps the old certificate when the authority has the same key", () => {
    const [renewed] = changesOf(...personSteps("alice", "replace").slice(1, 2));
    assert.equal(renewed?.impact.class, "reload");
    assert.doesNotMatch(renewed.impact.reason, /refused/);
  });

  it("is not disturbed when only the renewal comes at another time", () => {
    const parts = personSteps("alice", "update").filter(({ urn }) => urn.endsWith("-certificate"));
    assert.deepEqual(lines(changesOf(...parts)), [
      "certificates, authority user-alice-authority: none",
      "certificates, certificate user-alice-leaf: none",
    ]);
  });

  it("disturbs nobody when new", () => {
    assert.deepEqual(lines(changesOf(...personSteps("alice", "create"))), [
      "certificates, authority user-alice-authority: none",
      "certificates, certificate user-alice-leaf: none",
    ]);
  });

  it("is no host, even when called like one", () => {
    const places = changesOf(...personSteps("worker-0", "replace")).map(({ place }) => place);
    assert.deepEqual(places, ["certificates", "certificates"]);
  });

  it("does not make the withdrawal of an authority of the cluster a loss", () => {
    const gone = (name: string, resource: string): Step =>
      stepOf(`redoubt:pki:ClusterPki$redoubt:pki:CertificateAuthority$tls:index/${resource}`, name, {
        operation: "delete",
      });
    const [worst] = changesOf(
      gone("pki-etcd-ca-key", "privateKey:PrivateKey"),
      gone("pki-etcd-ca-certificate", "selfSignedCert:SelfSignedCert"),
      ...personSteps("alice", "delete"),
    );
    assert.equal(worst?.title, "authority pki-etcd-ca");
    assert.equal(worst.impact.class, "restart-control-plane");
  });
});
