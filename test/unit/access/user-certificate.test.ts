import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { UserCertificate } from "../../../components/access/user-certificate";
import {
  assertNamedUnderParents,
  mockValidityEndTime,
  ofType,
  recordStack,
  reveal,
  type Recording,
} from "../../support/mocks";

function record(user: string, group: string): Promise<Recording<UserCertificate>> {
  return recordStack(() => {
    return new UserCertificate("ann", {
      user,
      group,
      validityHours: 12,
      serverAuthority: "server authority\n",
      clusterName: "test",
      server: "https://10.0.0.10:6443",
      epoch: "1.1",
    });
  });
}

describe("a person's certificate", () => {
  it("names the user and the group, for hours, as a client and nothing else", async () => {
    const recording = await record("ann", "auditors");
    const request = ofType(recording, "tls:index/certRequest:CertRequest").get("ann-leaf-request");
    assert.deepEqual(request?.inputs["subject"], { commonName: "ann", organization: "auditors" });
    const certificate = ofType(recording, "tls:index/locallySignedCert:LocallySignedCert").get(
      "ann-leaf-certificate",
    );
    assert.deepEqual(certificate?.inputs["allowedUses"], ["digital_signature", "client_auth"]);
    assert.equal(certificate.inputs["validityPeriodHours"], 12);
    assertNamedUnderParents(recording, ["ann"]);
  });

  it("has an authority of its own, that outlives it, may be deleted, and does not give the user's name away", async () => {
    const recording = await record("ann", "auditors");
    const authority = ofType(recording, "tls:index/selfSignedCert:SelfSignedCert").get(
      "ann-authority-certificate",
    );
    assert.deepEqual(authority?.inputs["subject"], { commonName: "people-ca", organization: "test" });
    assert.equal(authority.inputs["validityPeriodHours"], 13);
    assert.ok(recording.resources.every(({ opts }) => opts.protect !== true));
    const { value } = await reveal(recording.result.authority);
    const leaf = ofType(recording, "tls:index/locallySignedCert:LocallySignedCert").get(
      "ann-leaf-certificate",
    );
    assert.equal(leaf?.inputs["caCertPem"], value);
  });

  it("is withdrawn by the epoch: authority and certificate are made anew", async () => {
    const { resources } = await record("ann", "auditors");
    const driven = resources.filter(({ opts }) => opts.replacementTrigger === "1.1").map(({ name }) => name);
    assert.deepEqual(driven.sort(), ["ann-authority-key", "ann-leaf-key"]);
  });

  it("keeps the authority's key from who holds it", async () => {
    const recording = await record("ann", "auditors");
    const { value } = await reveal(recording.result.kubeconfig);
    const key = ofType(recording, "tls:index/selfSignedCert:SelfSignedCert").get("ann-authority-certificate")
      ?.inputs["privateKeyPem"];
    assert.ok(typeof key === "string");
    assert.equal(value.includes(Buffer.from(key).toString("base64")), false);
  });

  it("comes as a secret kubeconfig, and says when it ends", async () => {
    const { result } = await record("ann", "auditors");
    const { value, secret } = await reveal(result.kubeconfig);
    assert.equal(secret, true);
    assert.equal((parse(value) as { "current-context": string })["current-context"], "ann@test");
    assert.equal((await reveal(pulumi.output(result.notAfter))).value, mockValidityEndTime);
  });

  for (const [user, group] of [
    ["ann", "system:masters"],
    ["system:kube-controller-manager", "people"],
    ["redoubt:kube-router", "people"],
    ["kube-apiserver-kubelet-client", "people"],
    ["ann", "redoubt:kubelet-clients"],
  ] as const) {
    it(`is refused to ${user} of ${group}`, async () => {
      await assert.rejects(record(user, group), /is the name of a component of the cluster/);
    });
  }

  it("may make an administrator", async () => {
    await assert.doesNotReject(record("ann", "redoubt:cluster-admins"));
  });
});
