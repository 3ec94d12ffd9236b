import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { unitOf } from "../../support/fixture-cluster";
import { assertSandboxed } from "../../support/unit-file";
import { controlPlanePlan } from "./plan";

const unit = unitOf(controlPlanePlan, "kube-controller-manager.service");
const flags = unit.flags();
const own = "/etc/kubernetes/kube-controller-manager";

describe("the command line of kube-controller-manager", () => {
  it("CIS 1.3.1: collects terminated pods", () => {
    assert.ok(Number(flags.get("terminated-pod-gc-threshold")) > 0);
  });
  it("CIS 1.3.2: serves no profile", () => {
    assert.equal(flags.get("profiling"), "false");
  });
  it("CIS 1.3.3: acts under one service account per controller", () => {
    assert.equal(flags.get("use-service-account-credentials"), "true");
  });
  it("CIS 1.3.4: signs service account tokens with a key of its own", () => {
    assert.equal(flags.get("service-account-private-key-file"), `${own}/sa.key`);
  });
  it("CIS 1.3.5: gives pods the authority of the cluster", () => {
    assert.equal(flags.get("root-ca-file"), "/etc/kubernetes/pki/ca.crt");
  });
  it("CIS 1.3.6: does not switch RotateKubeletServerCertificate off", () => {
    assert.doesNotMatch(flags.get("feature-gates") ?? "", /RotateKubeletServerCertificate=false/);
  });
  it("CIS 1.3.7: listens on loopback only, with its own certificate", () => {
    assert.equal(flags.get("bind-address"), "127.0.0.1");
    assert.equal(flags.get("tls-cert-file"), `${own}/tls.crt`);
    assert.equal(flags.get("tls-private-key-file"), `${own}/tls.key`);
  });
  it("signs renewals of kubelets' client certificates and no other certificate", () => {
    const signing = [...flags.keys()].filter((name) => name.startsWith("cluster-signing-"));
    assert.deepEqual(signing, [
      "cluster-signing-kubelet-client-cert-file",
      "cluster-signing-kubelet-client-key-file",
    ]);
  });
});

describe("the service kube-controller-manager", () => {
  it("runs in a sandbox under its own user and writes nothing", () => {
    assertSandboxed(unit, "kube-controller-manager", "");
  });
});
