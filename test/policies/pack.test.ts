import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownPolicies, packPolicies } from "../../policies/pack";
import { judge, secret, unknown, type TestResource } from "./judge";
import { command, edits, flag, replace, scripts, type Edit } from "./scripts";

/** Ids of what is wrong with the control plane after a change of its script. */
function broken(edit: Edit): string[] {
  const names = judge([command("ApplyPlan", edit(scripts.controlPlane))]).map(({ policy }) => policy);
  // The script alone is no whole stack.
  return [...new Set(names)].filter((name) => !name.startsWith("network-"));
}

const drop = "/etc/kubernetes/kube-apiserver/authorization.yaml";
const audit = "\nfile /etc/kubernetes/kube-apiserver/audit-policy.yaml ";

/** Adds a file that a flag of the API server names in place of other flags. */
function structured(flagName: string, instead: string, content: string | undefined): Edit {
  const file = `\nfile ${drop} root kube-apiserver 640 <<'END'\n${content ?? ""}END\n`;
  return edits(
    flag("kube-apiserver", instead, undefined),
    flag("kube-apiserver", flagName, drop),
    content === undefined ? (script) => script : replace(audit, `${file}${audit}`),
  );
}

describe("The pack reads what a program really runs with", () => {
  it("modes of authorization in a file count as those of the flag", () => {
    const types = (...names: readonly string[]): string =>
      `kind: AuthorizationConfiguration\nauthorizers:\n${names.map((name) => `  - type: ${name}\n`).join("")}`;
    const file = (content: string): Edit => structured("authorization-config", "authorization-mode", content);
    assert.deepEqual(broken(file(types("Node", "RBAC"))), []);
    assert.deepEqual(broken(file(types("Node", "Webhook"))), ["authorization-rbac"]);
    assert.deepEqual(broken(file(types("AlwaysAllow"))), [
      "authorization-always-allow",
      "authorization-node",
      "authorization-rbac",
    ]);
  });
  it("a file that the plan does not write leaves the rule undecided, not content", () => {
    assert.deepEqual(broken(structured("authorization-config", "authorization-mode", undefined)), [
      ownPolicies.undecided,
    ]);
  });
  it("what a rule found before it could not tell stays found", () => {
    const weak = edits(
      replace("tlsMinVersion: VersionTLS12\n", ""),
      flag("kubelet", "tls-cipher-suites", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
      flag("kubelet", "config", "/elsewhere.yaml"),
    );
    const verdicts = judge([command("ApplyPlan", weak(scripts.node))]);
    const found = verdicts.filter(({ policy }) => policy === "nodes-kubelet-tls-ciphers");
    assert.match(found.map(({ message }) => message).join(), /--tls-cipher-suites names TLS_RSA/);
    const doubts = verdicts.filter(({ policy }) => policy === ownPolicies.undecided);
    assert.match(doubts.map(({ message }) => message).join(), /\/elsewhere\.yaml.*nodes-kubelet-tls-ciphers/);
  });
  it("anonymous requests in a file count as those of the flag", () => {
    const file = (enabled: boolean): Edit =>
      structured("authentication-config", "anonymous-auth", `anonymous:\n  enabled: ${enabled}\n`);
    assert.deepEqual(broken(file(false)), []);
    assert.deepEqual(broken(file(true)), ["api-server-anonymous-auth"]);
  });
  it("anonymous requests are judged by the flag where the file travels unseen, with secrets", () => {
    const unseen = (value: string): Edit =>
      edits(
        flag("kube-apiserver", "authentication-config", "/etc/kubernetes/unseen.yaml"),
        flag("kube-apiserver", "anonymous-auth", value),
      );
    assert.deepEqual(broken(unseen("false")), []);
    assert.deepEqual(broken(unseen("true")), ["api-server-anonymous-auth"]);
  });
  it("a drop-in that starts the program anew is what counts", () => {
    const dropIn = (line: string): Edit =>
      replace(
        audit,
        `\nfile /etc/systemd/system/kube-apiserver.service.d/99.conf root root 600 <<'END'\n[Service]\n${line}END\n${audit}`,
      );
    assert.deepEqual(broken(dropIn("Nice=5\n")), []);
    const anew = broken(
      dropIn("ExecStart=\nExecStart=/usr/local/bin/kube-apiserver --anonymous-auth=false\n"),
    );
    assert.ok(anew.includes("api-server-profiling"), anew.join());
    assert.ok(!anew.includes("api-server-anonymous-auth"), anew.join());
  });
  it("objects that a host applies by itself are judged as those of the stack", () => {
    const bootstrap = replace("name: redoubt:cluster-admins\n---", "name: system:authenticated\n---");
    assert.deepEqual(broken(bootstrap), ["authorization-authenticated-binding"]);
  });
});

describe("The pack itself", () => {
  const pinned = {
    host: "10.77.5.10",
    user: "redoubt",
    privateKey: secret("key"),
    hostKey: "ssh-ed25519 AAAA",
  };
  const remote = (name: string, inputs: object): TestResource => ({
    type: "command:remote:Command",
    name,
    inputs: { connection: pinned, ...inputs },
  });

  it("has names that configuration and waivers can use", () => {
    const names = packPolicies().map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z0-9-]+$/);
    assert.ok(!names.includes("all"));
  });
  it("tells in one message what it could not decide, and says nothing when it could", () => {
    const verdicts = judge([remote("one", { connection: unknown }), remote("two", { connection: unknown })]);
    const doubts = verdicts.filter(({ policy }) => policy === ownPolicies.undecided);
    assert.equal(doubts.length, 1);
    assert.match(
      doubts[0]?.message ?? "",
      /^\.connection can't be known during preview: one, two not judged by .*hosts-unpinned-host-key/m,
    );
    assert.deepEqual(judge([remote("one", {}), remote("two", {})]), []);
  });
  it("goes on with other resources and rules where one is unknown", () => {
    const verdicts = judge([
      remote("one", { connection: unknown, create: "echo AKIAABCDEFGHIJKLMNOP" }),
      remote("two", { connection: {} }),
    ]);
    assert.deepEqual(
      verdicts
        .filter(({ policy }) => policy !== ownPolicies.undecided)
        .map(({ policy, resource }) => `${policy} ${resource ?? ""}`)
        .sort(),
      [
        "hosts-root-connection two",
        "hosts-unpinned-host-key two",
        "secrets-command-text one",
        "secrets-plain-property one",
      ],
    );
  });
  it("takes limits from its configuration", () => {
    const certificate = {
      type: "tls:index/selfSignedCert:SelfSignedCert",
      name: "person",
      inputs: { allowedUses: ["client_auth"], validityPeriodHours: 25 },
    };
    assert.deepEqual(judge([certificate]), []);
    const [verdict] = judge([certificate], { config: { "certificates-lifetime": { maxLeafHours: 24 } } });
    assert.match(verdict?.message ?? "", /25 hours, and 24 are allowed/);
  });
  it("shows no secret in what it says", () => {
    const text = judge([remote("one", { create: "echo AKIAABCDEFGHIJKLMNOP" })])
      .map(({ message }) => message)
      .join();
    assert.match(text, /AWS key/);
    assert.doesNotMatch(text, /AKIA/);
  });
});
