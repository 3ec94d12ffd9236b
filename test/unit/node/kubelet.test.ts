import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderKubeletConfiguration } from "../../../components/node/kubelet";
import { planFiles } from "../../../components/plan/script";
import { contentsOf, nodeArgs, unitOf } from "../../support/fixture-cluster";
import { nodePlan } from "./plan";

interface KubeletConfiguration extends Readonly<Record<string, unknown>> {
  readonly authentication: {
    readonly anonymous: { readonly enabled: boolean };
    readonly x509: { readonly clientCAFile: string };
  };
  readonly authorization: { readonly mode: string };
  readonly featureGates?: Readonly<Record<string, boolean>>;
  readonly registerWithTaints: readonly unknown[];
}

const configurationPath = "/var/lib/kubelet/config.yaml";
const configurationOf = (host: string): KubeletConfiguration =>
  parse(contentsOf(nodePlan(host))[configurationPath] ?? "") as KubeletConfiguration;
const plan = nodePlan("worker-0");
const configuration = configurationOf("worker-0");
const unit = unitOf(plan, "kubelet.service");

describe("the configuration of kubelet", () => {
  it("CIS 4.2.1: refuses anonymous requests", () => {
    assert.equal(configuration.authentication.anonymous.enabled, false);
  });
  it("CIS 4.2.2: asks the API server what a caller may do", () => {
    assert.equal(configuration.authorization.mode, "Webhook");
  });
  it("CIS 4.2.3: knows callers by the authority of the cluster", () => {
    assert.equal(configuration.authentication.x509.clientCAFile, "/etc/kubernetes/pki/ca.crt");
  });
  it("knows callers by every authority that is trusted, while authorities are rotated", () => {
    const options = { ...nodeArgs, nodeName: "worker-0", nodeAddress: "10.77.5.32", taints: [] };
    const text = renderKubeletConfiguration({ ...options, authorities: { issuing: 1, trusted: [1, 2] } });
    const { x509 } = (parse(text) as KubeletConfiguration).authentication;
    assert.equal(x509.clientCAFile, "/etc/kubernetes/pki/trusted-authorities.crt");
  });
  it("CIS 4.2.4: has no read-only port", () => {
    assert.equal(configuration["readOnlyPort"], 0);
  });
  it("CIS 4.2.5: ends idle streams", () => {
    assert.notEqual(configuration["streamingConnectionIdleTimeout"], "0s");
    assert.equal(typeof configuration["streamingConnectionIdleTimeout"], "string");
  });
  it("CIS 4.2.6: makes its iptables chains", () => {
    assert.notEqual(configuration["makeIPTablesUtilChains"], false);
  });
  it("CIS 4.2.7: takes the host's own name", () => {
    assert.equal(unit.flags().has("hostname-override"), false);
  });
  it("CIS 4.2.8: limits the rate of its events", () => {
    assert.ok(Number(configuration["eventRecordQPS"]) > 0);
  });
  it("CIS 4.2.9: serves TLS with its own certificate", () => {
    assert.equal(configuration["tlsCertFile"], "/var/lib/kubelet/pki/kubelet.crt");
    assert.equal(configuration["tlsPrivateKeyFile"], "/var/lib/kubelet/pki/kubelet.key");
  });
  it("CIS 4.2.10: renews its client certificate", () => {
    assert.equal(configuration["rotateCertificates"], true);
  });
  it("CIS 4.2.11: does not switch RotateKubeletServerCertificate off", () => {
    assert.notEqual(configuration.featureGates?.["RotateKubeletServerCertificate"], false);
  });
  it("CIS 4.2.12: offers AEAD suites with forward secrecy only", () => {
    const suites = configuration["tlsCipherSuites"] as string[];
    assert.ok(suites.length > 0, "without a list, Go's own suites count, those in CBC mode with them");
    assert.ok(suites.every((suite) => /^TLS_ECDHE_.*(_GCM_|_POLY1305_)/.test(suite)));
    assert.equal(configuration["tlsMinVersion"], "VersionTLS12");
  });
  it("CIS 4.2.13: limits the processes of a pod", () => {
    assert.ok(Number(configuration["podPidsLimit"]) > 0);
  });
  it("CIS 4.2.14: confines pods by seccomp unless they say otherwise", () => {
    assert.equal(configuration["seccompDefault"], true);
  });
  it("answers without TLS on loopback only", () => {
    assert.equal(configuration["healthzBindAddress"], "127.0.0.1");
    assert.equal(configuration["enableProfilingHandler"], false);
  });
  it("keeps ordinary pods off control planes, and off nothing else", () => {
    assert.deepEqual(configurationOf("control-plane-0").registerWithTaints, [
      { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
    ]);
    assert.deepEqual(configuration.registerWithTaints, []);
  });
});

describe("the service kubelet", () => {
  it("does not start without the host firewall", () => {
    assert.equal(
      unit.service("ExecStartPre"),
      '+/bin/sh -c "/usr/sbin/nft list chain inet redoubt input >/dev/null"',
    );
  });
});

describe("the files of kubelet", () => {
  const modeOf = (path: string): readonly (string | undefined)[] => {
    const file = planFiles(plan, "node").find((candidate) => candidate.path === path);
    assert.ok(file, path);
    return [file.mode, file.owner ?? "root", file.group ?? "root"];
  };
  it("CIS 4.1.1: has a unit that only its owner reads", () => {
    assert.equal(modeOf("/etc/systemd/system/kubelet.service")[0], "0600");
  });
  it("CIS 4.1.2: has a unit of root's", () => {
    assert.deepEqual(modeOf("/etc/systemd/system/kubelet.service").slice(1), ["root", "root"]);
  });
  it("CIS 4.1.9: has a configuration that only its owner reads", () => {
    assert.equal(modeOf(configurationPath)[0], "0600");
  });
  it("CIS 4.1.10: has a configuration of root's", () => {
    assert.deepEqual(modeOf(configurationPath).slice(1), ["root", "root"]);
  });
  it("is done when the node is Ready, asked under its own name and with its own credential", () => {
    const [ready] = plan.readiness;
    assert.equal(plan.readiness.length, 1);
    assert.match(
      ready?.command.join(" ") ?? "",
      /--kubeconfig=\/etc\/kubernetes\/kubelet\.conf .*node worker-0 /,
    );
  });
});
