import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metricsServer, metricsServerFlags } from "../../../components/metrics/metrics-server";
import { mergeFragments } from "../../../components/plan/merge";
import { artifacts, contentsOf, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import { assertSandboxed } from "../../support/unit-file";

const address = "10.77.5.10";
const plan = mergeFragments({ "metrics-server": metricsServer({ address, artifacts }) });
const unit = unitOf(plan, "metrics-server.service");
const flags = unit.flags();

describe("the files of metrics-server on a host", () => {
  it("are those that lie in test/golden/metrics", () => {
    assertGolden("metrics", contentsOf(plan));
  });
});

describe("the command line of metrics-server", () => {
  it("verifies every kubelet by the cluster's authority, at the address that its certificate bears", () => {
    assert.equal(flags.get("kubelet-certificate-authority"), "/etc/kubernetes/pki/ca.crt");
    assert.equal(flags.get("kubelet-preferred-address-types"), "InternalIP");
    assert.equal(flags.has("kubelet-insecure-tls"), false);
    assert.equal(flags.has("deprecated-kubelet-completely-insecure"), false);
  });
  it("goes to kubelets' own port, whatever a node says of itself", () => {
    assert.equal(flags.get("kubelet-port"), "10250");
    assert.equal(flags.has("kubelet-use-node-status-port"), false);
  });
  it("believes API servers alone, by the authority of the front proxy, and no client of the cluster's", () => {
    assert.equal(flags.get("requestheader-client-ca-file"), "/etc/kubernetes/pki/front-proxy-ca.crt");
    assert.equal(flags.get("requestheader-allowed-names"), "front-proxy-client");
    assert.equal(flags.get("authentication-skip-lookup"), "true");
    assert.equal(flags.has("client-ca-file"), false);
  });
  it("listens on its host's address with a certificate of its own, TLS 1.2 at least, AEAD suites", () => {
    assert.equal(flags.get("bind-address"), address);
    assert.equal(flags.get("secure-port"), "4443");
    assert.equal(flags.get("tls-cert-file"), "/etc/kubernetes/metrics-server/tls.crt");
    assert.equal(flags.get("tls-min-version"), "VersionTLS12");
    for (const suite of (flags.get("tls-cipher-suites") ?? "").split(","))
      assert.match(suite, /^TLS_ECDHE_ECDSA_.*(GCM|POLY1305)/);
  });
  it("trusts what is trusted while authorities are rotated", () => {
    const rotated = metricsServerFlags({ address, authorities: { issuing: 1, trusted: [1, 2] } });
    assert.ok(
      rotated.includes("--kubelet-certificate-authority=/etc/kubernetes/pki/trusted-authorities.crt"),
    );
  });
});

describe("the service metrics-server", () => {
  it("runs in a sandbox under its own user and writes nothing", () => {
    assertSandboxed(unit, "metrics-server", "");
  });
  it("does not start without the host firewall, which closes its port", () => {
    assert.match(unit.service("ExecStartPre") ?? "", /nft list chain inet redoubt input/);
  });
  it("counts as ready when it has figures for who comes as an API server does", () => {
    const [first, ...more] = plan.readiness;
    assert.deepEqual(more, []);
    const command = first?.command ?? [];
    assert.deepEqual(command.slice(-3), [
      "--connect-to",
      `::${address}:`,
      "https://metrics-server.kube-system.svc:4443/readyz",
    ]);
    assert.ok(command.includes("/etc/kubernetes/kube-apiserver/front-proxy-client.crt"));
    assert.equal(command.includes("--insecure"), false);
  });
});
