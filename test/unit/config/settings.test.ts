import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { staticTokenRisk } from "../../../components/config/authentication-settings";
import { checkVersionStep } from "../../../components/config/cross-checks";
import { parseSettings, readSettings } from "../../../components/config/settings";
import { dexNamespace } from "../../../components/pki/identities";

/** Every line of the error that a configuration gives; none when it is accepted. */
function problemsOf(raw: Record<string, unknown>): string[] {
  try {
    parseSettings(raw, "test");
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1);
  }
}

const rule = { name: "a", from: { namespace: "app" }, to: { cidr: "10.0.0.0/8" }, ports: [{ port: 1 }] };

/** A rule that lets clients outside the cluster in. */
const exposed = {
  name: "a",
  from: { cidr: "203.0.113.0/24" },
  to: { namespace: "app", podLabels: { app: "web" } },
  ports: [{ port: 8443, nodePort: 30443 }],
};

/** A wrong configuration and what the user must read of it. */
const wrong: readonly (readonly [what: string, raw: Record<string, unknown>, message: RegExp])[] = [
  [
    "a setting that does not exist",
    { netwerk: {} },
    /redoubt:netwerk = \{\}: is no setting\. Fix: did you mean network\?/,
  ],
  [
    "a field that does not exist",
    { network: { podCdir: "10.0.0.0/16" } },
    /redoubt:network\.podCdir.*did you mean podCidr\?/,
  ],
  [
    "a provider that is none",
    { hosts: { provider: "azure" } },
    /redoubt:hosts\.provider = "azure": is no provider.*local, inventory or aws/,
  ],
  [
    "an even number of control planes",
    { hosts: { controlPlanes: 2 } },
    /redoubt:hosts\.controlPlanes = 2: is even.*use 1 or 3/,
  ],
  [
    "three control planes without a way to them",
    { hosts: { controlPlanes: 3 } },
    /redoubt:apiServer\.endpoint: is missing/,
  ],
  [
    "a subnet that is no /24",
    { hosts: { subnet: "10.1.0.0/16" } },
    /redoubt:hosts\.subnet = "10\.1\.0\.0\/16": is not a \/24/,
  ],
  [
    "networks that overlap",
    { hosts: { subnet: "10.96.3.0/24" } },
    /serviceClusterIpRange = "10\.96\.0\.0\/16": overlaps with hosts\.subnet/,
  ],
  [
    "a pod network that is too small",
    { network: { podCidr: "10.9.0.0/20" } },
    /redoubt:network\.podCidr.*too small/,
  ],
  [
    "a pod network that is too small for its workers",
    { network: { podCidr: "10.192.0.0/18" }, hosts: { workers: 49 } },
    /redoubt:network\.podCidr.*too small.*use a \/17 or larger/,
  ],
  [
    "a service network without room for DNS",
    { network: { serviceClusterIpRange: "10.96.0.0/29" } },
    /redoubt:network\.serviceClusterIpRange.*too small: cluster DNS has the tenth address/,
  ],
  [
    "a network that begins in the middle of one: its service of the API would have another address",
    { network: { serviceClusterIpRange: "10.96.0.5/16" } },
    /redoubt:network\.serviceClusterIpRange.*begins in the middle of one; write it as 10\.96\.0\.0\/16/,
  ],
  [
    "everybody, written as somebody",
    { hosts: { operatorCidrs: ["10.0.0.0/0"] } },
    /redoubt:hosts\.operatorCidrs\[0\].*write it as 0\.0\.0\.0\/0/,
  ],
  [
    "a pod network that lies over the machines' own",
    { network: { podCidr: "10.128.0.0/10" } },
    /redoubt:network\.podCidr.*overlaps with hosts\.subnet = 10\./,
  ],
  [
    "a range of ports that ends before it begins",
    {
      namespaces: [{ name: "a" }],
      network: {
        allow: [
          { name: "x", from: { namespace: "a" }, to: { namespace: "a" }, ports: [{ port: 90, endPort: 80 }] },
        ],
      },
    },
    /network\.allow\[0\]\.ports\[0\].*has an endPort below its port/,
  ],
  [
    "an endpoint that is many names, or an address that no kubeconfig here could name",
    { apiServer: { endpoint: "*.example.org" } },
    /redoubt:apiServer\.endpoint = "\*\.example\.org": is no one place/,
  ],
  [
    "the identity provider's own namespace",
    { namespaces: [{ name: dexNamespace }] },
    /redoubt:namespaces = "redoubt-dex": is the identity provider's store/,
  ],
  [
    "a role for who calls kubelets",
    { access: { roleBindings: [{ role: "cluster-reader", users: ["kube-apiserver-kubelet-client"] }] } },
    /roleBindings.*"kube-apiserver-kubelet-client": is a name of Kubernetes' own, or the cluster's/,
  ],
  [
    "an address that is none",
    { network: { podCidr: "10.999.0.0/16" } },
    /redoubt:network\.podCidr.*must be an IPv4 network/,
  ],
  [
    "a Kubernetes that nobody supports",
    { kubernetes: { version: "1.20.0" } },
    /redoubt:kubernetes\.version = "1\.20\.0": is not supported; supported: 1\.34/,
  ],
  [
    "AlwaysAllow",
    { apiServer: { authorizationMode: ["Node", "RBAC", "AlwaysAllow"] } },
    /AlwaysAllow is never accepted \(CIS 1\.2\.6\)/,
  ],
  [
    "no Node authorization",
    { apiServer: { authorizationMode: ["RBAC"] } },
    /leaves out Node \(CIS 1\.2\.7\)\. Fix: add Node/,
  ],
  [
    "a name that no certificate can bear",
    { apiServer: { subjectAltNames: ["under_score"] } },
    /subjectAltNames\[0\] = "under_score": is neither/,
  ],
  ["an audit log that is too short", { apiServer: { auditLog: { maxAge: 7 } } }, /auditLog\.maxAge = 7/],
  [
    "a rule for an unknown namespace",
    { network: { allow: [rule] } },
    /network\.allow "a" = "app": is no namespace of the stack/,
  ],
  [
    "a rule without a side in the cluster",
    { network: { allow: [{ ...rule, from: { cidr: "10.0.0.0/8" } }] } },
    /has no side in the cluster/,
  ],
  [
    "a rule for who is neither a node nor a pod, and is let through to no pod",
    {
      namespaces: [{ name: "app" }],
      network: { allow: [{ ...rule, from: { cidr: "203.0.113.0/24" }, to: { namespace: "app" } }] },
    },
    /network\.allow "a" = .*opens nothing on port 1: 203\.0\.113\.0\/24 holds neither nodes nor pods/,
  ],
  [
    "a node port for pods as clients",
    { namespaces: [{ name: "app" }], network: { allow: [{ ...exposed, from: { namespace: "app" } }] } },
    /network\.allow "a" = .*has nodePort 30443.* and pods as its clients/,
  ],
  [
    "a node port to pods that no Service finds",
    { namespaces: [{ name: "app" }], network: { allow: [{ ...exposed, to: { namespace: "app" } }] } },
    /network\.allow "a" = .*no labels by which a Service finds its pods.* name them as to\.podLabels/,
  ],
  [
    "a node port twice",
    { namespaces: [{ name: "app" }], network: { allow: [exposed, { ...exposed, name: "b" }] } },
    /network\.allow "b" = 30443: has the nodePort of "a"/,
  ],
  [
    "a node port that Kubernetes has not",
    { network: { allow: [{ ...exposed, ports: [{ port: 8443, nodePort: 443 }] }] } },
    /network\.allow\[0\]\.ports\[0\]\.nodePort = 443/,
  ],
  [
    "a node port for SCTP",
    { network: { allow: [{ ...exposed, ports: [{ protocol: "SCTP", port: 8443, nodePort: 30443 }] }] } },
    /network\.allow\[0\]\.ports\[0\]\.nodePort = 30443: has a nodePort for SCTP/,
  ],
  [
    "a node port of many ports",
    { network: { allow: [{ ...exposed, ports: [{ port: 8000, endPort: 8010, nodePort: 30443 }] }] } },
    /network\.allow\[0\]\.ports\[0\]\.nodePort = 30443: has a nodePort and an endPort/,
  ],
  [
    "a rule twice",
    { namespaces: [{ name: "app" }], network: { allow: [rule, rule] } },
    /network\.allow = "a": is there twice/,
  ],
  ["a namespace of Kubernetes", { namespaces: [{ name: "kube-system" }] }, /namespaces = "kube-system"/],
  [
    "a binding to everybody",
    { access: { roleBindings: [{ role: "cluster-reader", groups: ["system:authenticated"] }] } },
    /= "system:authenticated": is a name of Kubernetes' own/,
  ],
  [
    "a role without its namespace",
    { access: { roleBindings: [{ role: "viewer", groups: ["a"] }] } },
    /has no namespace/,
  ],
  [
    "a person in a group of the cluster's",
    { access: { users: [{ name: "eve", group: "system:masters" }] } },
    /access\.users = "system:masters"/,
  ],
  [
    "a certificate for years",
    { access: { users: [{ name: "eve", group: "a", validityHours: 9000 }] } },
    /validityHours = 9000: must be 720 hours at most/,
  ],
];

describe("settings", () => {
  it("need nothing but a name", () => {
    const settings = parseSettings({}, "local");
    assert.equal(settings.clusterName, "local");
    assert.deepEqual(settings.apiServer.authorizationMode, ["Node", "RBAC"]);
    assert.equal(settings.apiServer.podSecurity.enforce, "baseline");
    assert.equal(settings.apiServer.encryptionProvider, "secretbox");
    assert.deepEqual(settings.access.roleBindings, []);
  });

  for (const [what, raw, message] of wrong) {
    it(`refuse ${what}`, () => {
      const problems = problemsOf(raw);
      assert.ok(
        problems.some((line) => message.test(line)),
        `${String(message)} is not in:\n${problems.join("\n")}`,
      );
      for (const line of problems) assert.match(line, /^ {2}- redoubt:.*\. Fix: ./);
    });
  }

  it("show everything that is wrong at once, relations too", () => {
    const problems = problemsOf({
      nonsense: 1,
      hosts: { controlPlanes: 2, provider: "azure" },
      kubernetes: { version: "2" },
    });
    assert.equal(problems.length, 5, problems.join("\n"));
  });

  it("are read from Pulumi's configuration, each key as JSON or as a plain word", () => {
    const values: Record<string, string> = { clusterName: "shop", hosts: '{"workers":1}' };
    const settings = readSettings({ get: (key) => values[key] }, "local");
    assert.equal(settings.clusterName, "shop");
    assert.equal(settings.hosts.workers, 1);
  });

  const token = "0123456789abcdef0123456789abcdef";
  const withSecrets = {
    get: (key: string) =>
      ({
        secrets: `{"staticTokens":{"a":"${token}"}}`,
        authentication: JSON.stringify({
          staticTokens: { acknowledgeRisk: staticTokenRisk, users: [{ name: "a" }] },
        }),
      })[key],
  };

  it("take secrets that were set as secrets", () => {
    const asked: string[] = [];
    const isSecret = (key: string): boolean => asked.push(key) > 0;
    assert.deepEqual(readSettings(withSecrets, "local", isSecret).secrets.staticTokens, { a: token });
    assert.deepEqual(asked, ["redoubt:secrets"]);
  });

  it("refuse a secret in plain text, without repeating it", () => {
    assert.throws(
      () => readSettings(withSecrets, "local", () => false),
      (error: Error) => {
        assert.match(error.message, /redoubt:secrets = \[secret\]: is in plain text\. Fix: .*--secret/);
        assert.doesNotMatch(error.message, new RegExp(token));
        return true;
      },
    );
  });

  it("do not repeat a secret that is wrong by itself", () => {
    const [line] = problemsOf({ secrets: { staticTokens: { a: "hunter2" } } });
    assert.match(line ?? "", /secrets\.staticTokens\.a = \[secret\]: must have 32 characters at least/);
  });

  it("need no secrets", () => {
    assert.deepEqual(readSettings({ get: () => undefined }, "local", () => false).secrets.staticTokens, {});
  });
});

describe("a step of the Kubernetes version", () => {
  it("may be none, or one minor forward", () => {
    assert.deepEqual(checkVersionStep("1.35.4", "1.35.4"), []);
    assert.deepEqual(checkVersionStep("1.34.4", "1.35.4"), []);
  });

  it("must not skip a minor, nor go back", () => {
    assert.match(checkVersionStep("1.34.4", "1.36.3")[0]?.fix ?? "", /go to 1\.35 first/);
    assert.match(checkVersionStep("1.35.4", "1.34.4")[0]?.rule ?? "", /older than the running 1\.35\.4/);
  });
});
