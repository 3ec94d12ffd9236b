import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { contentsOf, unitOf } from "../../support/fixture-cluster";
import { assertSandboxed } from "../../support/unit-file";
import { controlPlanePlan } from "./plan";

const unit = unitOf(controlPlanePlan, "kube-scheduler.service");
const flags = unit.flags();
const configuration = parse(
  contentsOf(controlPlanePlan)["/etc/kubernetes/kube-scheduler/config.yaml"] ?? "",
) as Record<string, unknown>;

describe("the command line of kube-scheduler", () => {
  it("CIS 1.4.1: serves no profile, by flag and by file", () => {
    assert.equal(flags.get("profiling"), "false");
    assert.equal(configuration["enableProfiling"], false);
  });
  it("CIS 1.4.2: listens on loopback only, with its own certificate", () => {
    assert.equal(flags.get("bind-address"), "127.0.0.1");
    assert.equal(flags.get("tls-cert-file"), "/etc/kubernetes/kube-scheduler/tls.crt");
  });
});

describe("the service kube-scheduler", () => {
  it("runs in a sandbox under its own user and writes nothing", () => {
    assertSandboxed(unit, "kube-scheduler", "");
  });

  it("starts when the API server beside it has its first roles, or after ten seconds without", () => {
    assert.equal(
      unit.service("ExecStartPre"),
      `-/usr/bin/timeout 10 bash -c "until /usr/local/bin/kubectl --kubeconfig=/run/credentials/kube-scheduler.service/kubeconfig --request-timeout=2s get --raw=/readyz >/dev/null 2>&1; do sleep 0.1; done"`,
    );
  });

  it("leaves none where it lay before, and writes none there: what ran by it lives until it runs by the other", () => {
    const former = "/etc/kubernetes/kube-scheduler/kubeconfig";
    assert.ok(controlPlanePlan.absent.includes(former));
    assert.ok(!controlPlanePlan.files.some(({ path }) => path === former));
  });

  it("gets its kubeconfig as a credential, so that the file stays root's", () => {
    const given = "/run/credentials/kube-scheduler.service/kubeconfig";
    assert.deepEqual(unit.all("Service", "LoadCredential"), ["kubeconfig:/etc/kubernetes/scheduler.conf"]);
    for (const flag of ["authentication-kubeconfig", "authorization-kubeconfig"]) {
      assert.equal(flags.get(flag), given, flag);
    }
    assert.deepEqual(configuration["clientConnection"], { kubeconfig: given });
  });
});
