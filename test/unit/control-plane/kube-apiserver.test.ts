import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { kubeApiserver } from "../../../components/control-plane/kube-apiserver";
import { mergeFragments } from "../../../components/plan/merge";
import { contentsOf, controlPlaneArgs, unitOf } from "../../support/fixture-cluster";
import { assertSandboxed } from "../../support/unit-file";
import { controlPlanePlan } from "./plan";

const unit = unitOf(controlPlanePlan, "kube-apiserver.service");
const flags = unit.flags();
const list = (name: string): string[] => (flags.get(name) ?? "").split(",");
const own = "/etc/kubernetes/kube-apiserver";

describe("the command line of kube-apiserver", () => {
  it("CIS 1.2.1: refuses anonymous requests", () => {
    assert.equal(flags.get("anonymous-auth"), "false");
  });
  it("CIS 1.2.2: has no static tokens", () => {
    assert.equal(flags.has("token-auth-file"), false);
  });
  it("CIS 1.2.3: denies external addresses of services", () => {
    assert.ok(list("enable-admission-plugins").includes("DenyServiceExternalIPs"));
  });
  it("CIS 1.2.4: shows kubelets a client certificate", () => {
    assert.equal(flags.get("kubelet-client-certificate"), `${own}/kubelet-client.crt`);
    assert.equal(flags.get("kubelet-client-key"), `${own}/kubelet-client.key`);
  });
  it("CIS 1.2.5: verifies kubelets against the authority of the cluster", () => {
    assert.equal(flags.get("kubelet-certificate-authority"), "/etc/kubernetes/pki/ca.crt");
  });
  it("CIS 1.2.6: does not allow always", () => {
    assert.equal(list("authorization-mode").includes("AlwaysAllow"), false);
    assert.equal(flags.has("authorization-config"), false);
  });
  it("CIS 1.2.7: authorizes nodes as nodes", () => {
    assert.ok(list("authorization-mode").includes("Node"));
  });
  it("CIS 1.2.8: authorizes by role", () => {
    assert.ok(list("authorization-mode").includes("RBAC"));
  });
  it("CIS 1.2.9: limits the rate of events", () => {
    assert.ok(list("enable-admission-plugins").includes("EventRateLimit"));
  });
  it("CIS 1.2.10: does not admit always", () => {
    assert.equal(list("enable-admission-plugins").includes("AlwaysAdmit"), false);
  });
  it("CIS 1.2.12: keeps the admission plugin ServiceAccount", () => {
    assert.equal(list("disable-admission-plugins").includes("ServiceAccount"), false);
  });
  it("CIS 1.2.13: keeps the admission plugin NamespaceLifecycle", () => {
    assert.equal(list("disable-admission-plugins").includes("NamespaceLifecycle"), false);
  });
  it("CIS 1.2.14: keeps a node to its own objects", () => {
    assert.ok(list("enable-admission-plugins").includes("NodeRestriction"));
  });
  it("CIS 1.2.15: serves no profile", () => {
    assert.equal(flags.get("profiling"), "false");
  });
  it("CIS 1.2.16: writes an audit log", () => {
    assert.equal(flags.get("audit-log-path"), "/var/log/kubernetes/audit.log");
  });
  it("CIS 1.2.17: keeps it for 30 days at least", () => {
    assert.ok(Number(flags.get("audit-log-maxage")) >= 30);
  });
  it("CIS 1.2.18: keeps 10 old files at least", () => {
    assert.ok(Number(flags.get("audit-log-maxbackup")) >= 10);
  });
  it("CIS 1.2.19: rotates it at 100 MB or later", () => {
    assert.ok(Number(flags.get("audit-log-maxsize")) >= 100);
  });
  it("CIS 1.2.21: looks service accounts up, so a token ends with its account", () => {
    assert.equal(flags.get("service-account-lookup"), "true");
  });
  it("CIS 1.2.22: verifies service account tokens with a key of their own", () => {
    assert.equal(flags.get("service-account-key-file"), "/etc/kubernetes/pki/sa.pub");
  });
  it("CIS 1.2.23: shows etcd a client certificate", () => {
    assert.equal(flags.get("etcd-certfile"), `${own}/etcd-client.crt`);
    assert.equal(flags.get("etcd-keyfile"), `${own}/etcd-client.key`);
  });
  it("CIS 1.2.24: serves TLS with its own certificate", () => {
    assert.equal(flags.get("tls-cert-file"), `${own}/tls.crt`);
    assert.equal(flags.get("tls-private-key-file"), `${own}/tls.key`);
  });
  it("CIS 1.2.25: knows clients by the cluster's authority and those of people", () => {
    assert.equal(flags.get("client-ca-file"), `${own}/client-ca.crt`);
  });
  it("CIS 1.2.26: verifies etcd against etcd's own authority", () => {
    assert.equal(flags.get("etcd-cafile"), `${own}/etcd-ca.crt`);
  });
  it("CIS 1.2.27: encrypts secrets at rest", () => {
    assert.equal(flags.get("encryption-provider-config"), `${own}/encryption.yaml`);
  });
  it("CIS 1.2.29: offers AEAD suites with forward secrecy only", () => {
    assert.equal(flags.get("tls-min-version"), "VersionTLS12");
    assert.ok(list("tls-cipher-suites").every((suite) => /^TLS_ECDHE_.*(_GCM_|_POLY1305_)/.test(suite)));
  });
  it("CIS 1.2.30: does not stretch the life of service account tokens", () => {
    assert.equal(flags.get("service-account-extend-token-expiration"), "false");
  });
  it("CIS 3.2.1: has an audit policy", () => {
    assert.equal(flags.get("audit-policy-file"), `${own}/audit-policy.yaml`);
  });
  it("listens with TLS only, and speaks TLS only to etcd", () => {
    assert.deepEqual(
      [...flags.keys()].filter((name) => name.startsWith("insecure-")),
      [],
    );
    assert.equal(flags.get("secure-port"), "6443");
    assert.ok(list("etcd-servers").every((url) => url.startsWith("https://")));
  });
  it("keeps the order of the authorization modes", () => {
    const args = { ...controlPlaneArgs, authorizationMode: ["RBAC", "Node"], advertiseAddress: "10.0.0.1" };
    const plan = mergeFragments({ "kube-apiserver": kubeApiserver(args) });
    assert.equal(unitOf(plan, "kube-apiserver.service").flags().get("authorization-mode"), "RBAC,Node");
  });
});

describe("the service kube-apiserver", () => {
  it("runs in a sandbox under its own user and writes its audit log only", () => {
    assertSandboxed(unit, "kube-apiserver", "/var/log/kubernetes");
  });
  it("does not start without the host firewall", () => {
    assert.equal(
      unit.service("ExecStartPre"),
      '+/bin/sh -c "/usr/sbin/nft list chain inet redoubt input >/dev/null"',
    );
  });
  it("waits for etcd as long as it takes", () => {
    assert.ok(unit.all("Unit", "After").includes("etcd.service"));
    assert.deepEqual(unit.all("Unit", "StartLimitIntervalSec"), ["0"]);
    assert.equal(unit.service("Restart"), "always");
  });
  it("restarts when its program or one of its policies changes", () => {
    const spec = controlPlanePlan.units.find(({ name }) => name === "kube-apiserver.service");
    assert.deepEqual(spec?.restartOn, [
      "/usr/local/bin/kube-apiserver",
      `${own}/audit-policy.yaml`,
      `${own}/admission.yaml`,
    ]);
  });
  it("lets nobody else read its policies or its log", () => {
    const policies = controlPlanePlan.files.filter(({ path }) => path.startsWith(`${own}/`));
    assert.equal(policies.length, 2);
    for (const file of policies) {
      assert.deepEqual([file.owner, file.group, file.mode], ["root", "kube-apiserver", "0640"]);
    }
    const logs = controlPlanePlan.directories.find(({ path }) => path === "/var/log/kubernetes");
    assert.deepEqual([logs?.owner, logs?.mode], ["kube-apiserver", "0700"]);
  });
});

describe("admission", () => {
  it("CIS 5.2.2: is asked of no privileged container, which the API server refuses by itself", () => {
    assert.equal(flags.get("allow-privileged"), "false");
  });
  it("CIS 5.2.1: puts every namespace under a Pod Security Standard, without exemptions", () => {
    const { plugins } = parse(contentsOf(controlPlanePlan)[`${own}/admission.yaml`] ?? "") as {
      plugins: {
        name: string;
        configuration: { defaults?: object; exemptions?: Record<string, unknown[]> };
      }[];
    };
    const podSecurity = plugins.find(({ name }) => name === "PodSecurity")?.configuration;
    assert.deepEqual(podSecurity?.defaults, {
      enforce: "baseline",
      "enforce-version": "latest",
      audit: "restricted",
      "audit-version": "latest",
      warn: "restricted",
      "warn-version": "latest",
    });
    assert.ok(Object.values(podSecurity.exemptions ?? {}).every((exempt) => exempt.length === 0));
    assert.ok(plugins.some(({ name }) => name === "EventRateLimit"));
  });
});
