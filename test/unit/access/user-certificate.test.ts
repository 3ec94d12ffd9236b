import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { UserCertificate } from "../../../components/access/user-certificate";
import { CertificateAuthority } from "../../../components/pki/certificate-authority";
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
    const authority = new CertificateAuthority("ca", {
      commonName: "kubernetes-ca",
      clusterName: "test",
      validityHours: 87600,
      protect: false,
    });
    return new UserCertificate("ann", {
      user,
      group,
      validityHours: 12,
      authority,
      clusterName: "test",
      server: "https://10.0.0.10:6443",
      epoch: 1,
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
    assertNamedUnderParents(recording, ["ca", "ann"]);
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
