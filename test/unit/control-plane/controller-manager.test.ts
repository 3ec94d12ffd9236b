import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { controllerManagerFlags } from "../../../components/control-plane/controller-manager";
import { controlPlaneArgs, unitOf } from "../../support/fixture-cluster";
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

describe("kube-controller-manager while authorities are rotated", () => {
  const authorities = { issuing: 1, trusted: [1, 2] };
  const rotated = new Set(controllerManagerFlags({ ...controlPlaneArgs, authorities }));
  const trusted = "/etc/kubernetes/pki/trusted-authorities.crt";

  it("tells pods, and knows callers by, every authority that is trusted", () => {
    assert.ok(rotated.has(`--root-ca-file=${trusted}`));
    assert.ok(rotated.has(`--client-ca-file=${trusted}`));
  });

  it("signs with the one that issues, alone in its file", () => {
    assert.ok(rotated.has("--cluster-signing-kubelet-client-cert-file=/etc/kubernetes/pki/ca.crt"));
  });
});

describe("a new leader", () => {
  it("is not kept from its work by limits of its own", () => {
    assert.equal(flags.get("kube-api-qps"), "100");
    assert.equal(flags.get("kube-api-burst"), "200");
  });
});

describe("the service kube-controller-manager", () => {
  it("runs in a sandbox under its own user and writes nothing", () => {
    assertSandboxed(unit, "kube-controller-manager", "");
  });

  it("starts when the API server beside it has its first roles, or after ten seconds without", () => {
    assert.equal(
      unit.service("ExecStartPre"),
      `-/usr/bin/timeout 10 bash -c "until /usr/local/bin/kubectl --kubeconfig=/run/credentials/kube-controller-manager.service/kubeconfig --request-timeout=2s get --raw=/readyz >/dev/null 2>&1; do sleep 0.1; done"`,
    );
  });

  it("leaves none where it lay before, and writes none there: what ran by it lives until it runs by the other", () => {
    const former = "/etc/kubernetes/kube-controller-manager/kubeconfig";
    assert.ok(controlPlanePlan.absent.includes(former));
    assert.ok(!controlPlanePlan.files.some(({ path }) => path === former));
  });

  it("gets its kubeconfig as a credential, so that the file stays root's", () => {
    const given = "/run/credentials/kube-controller-manager.service/kubeconfig";
    assert.deepEqual(unit.all("Service", "LoadCredential"), [
      "kubeconfig:/etc/kubernetes/controller-manager.conf",
    ]);
    for (const flag of ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"]) {
      assert.equal(flags.get(flag), given, flag);
    }
  });
});
