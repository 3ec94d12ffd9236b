import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { readStackState, type StackState } from "../../../drift/stack-state";
import type { Recording } from "../../support/mocks";
import { recordProgram, type StackOutputs } from "../stack/program";

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A secret as `pulumi stack export --show-secrets` prints it. */
function secret(value: unknown): object {
  return { [signatureKey]: secretSignature, plaintext: JSON.stringify(value) };
}

/** The state that the engine would keep of a recorded program. */
function exported(recording: Recording<StackOutputs>, more: readonly object[] = []): string {
  const urn = (type: string, name: string): string => `urn:pulumi:test::redoubt::${type}::${name}`;
  const resources = recording.resources.map(({ type, name, parent, inputs, secretInputs }) => ({
    urn: urn(type, name),
    type,
    parent: parent === undefined ? urn("pulumi:pulumi:Stack", "test") : urn(parent.type, parent.name),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([key, value]) => [key, secretInputs.includes(key) ? secret(value) : value]),
    ),
    outputs: type.startsWith("kubernetes:") ? { ...inputs, __fieldManager: "pulumi-kubernetes-1" } : {},
  }));
  const stack = {
    urn: urn("pulumi:pulumi:Stack", "test"),
    type: "pulumi:pulumi:Stack",
    outputs: { nodeTable: recording.result.nodeTable },
  };
  return JSON.stringify({ version: 3, deployment: { resources: [stack, ...resources, ...more] } });
}

let recording: Recording<StackOutputs>;
let state: StackState;
before(async () => {
  recording = await recordProgram();
  state = readStackState(exported(recording));
});

describe("the state of a stack", () => {
  it("names every host, its role and how it is reached", () => {
    assert.deepEqual(
      state.hosts.map(({ name, role }) => `${name} ${role}`),
      ["control-plane-0 control-plane", "worker-0 worker", "worker-1 worker"],
    );
    for (const { access, address } of state.hosts) {
      assert.equal(access.host, address);
      assert.equal(access.user, "redoubt");
      assert.match(access.hostKey ?? "", /^ssh-ed25519 /);
      assert.match(access.privateKey ?? "", /PRIVATE KEY/);
    }
  });

  it("names nodes as the configuration does, in whatever order they were made", () => {
    const parsed = JSON.parse(exported(recording)) as { deployment: { resources: unknown[] } };
    const [stack, ...resources] = parsed.deployment.resources;
    parsed.deployment.resources = [stack, ...resources.reverse()];
    assert.deepEqual(
      readStackState(JSON.stringify(parsed)).hosts.map(({ name }) => name),
      ["control-plane-0", "worker-0", "worker-1"],
    );
  });

  it("knows what a host is by what was applied to it, where an up failed before its outputs", () => {
    const parsed = JSON.parse(exported(recording)) as {
      deployment: { resources: { outputs: { nodeTable?: unknown } }[] };
    };
    const [stack] = parsed.deployment.resources;
    assert.ok(stack);
    stack.outputs = {};
    const roles = readStackState(JSON.stringify(parsed)).hosts.map(({ role }) => role);
    assert.deepEqual(roles.sort(), ["control-plane", "worker", "worker"]);
  });

  it("gives what all phases of a host promised, its keys included", () => {
    const [controlPlane, worker] = state.hosts.map(({ promised }) => promised.map(({ entry }) => entry));
    const paths = (entries = controlPlane): string[] =>
      (entries ?? []).flatMap((entry) => (entry.kind === "file" ? [entry.path] : []));
    for (const path of [
      "/etc/ssh/sshd_config.d/00-redoubt.conf",
      "/etc/ssh/authorized_keys.d/redoubt",
      "/etc/systemd/system/etcd.service",
      "/etc/systemd/system/kube-apiserver.service",
      "/etc/systemd/system/kubelet.service",
      "/etc/kubernetes/kube-apiserver/sa.key",
    ]) {
      assert.ok(paths().includes(path), path);
    }
    assert.equal(paths(worker).includes("/etc/systemd/system/kube-apiserver.service"), false);
  });

  it("says what to run again, with the second login where there is one, and nothing of another phase", () => {
    const urnsOf = (path: string): string[] => {
      const found = state.hosts[1]?.promised.find(({ entry }) => "path" in entry && entry.path === path);
      return (found?.urns ?? []).map((urn) => urn.split("::").at(-1) ?? "");
    };
    assert.deepEqual(urnsOf("/etc/redoubt/firewall.nft"), ["worker-0-plan-apply", "worker-0-plan-confirm"]);
    assert.deepEqual(urnsOf("/etc/systemd/system/kubelet.service"), ["node-worker-0-plan-apply"]);
    assert.deepEqual(urnsOf("/etc/ssh/authorized_keys.d/redoubt"), [
      "worker-0-logins-apply",
      "worker-0-logins-confirm",
    ]);
  });

  it("keeps no content of a private key among what was promised", () => {
    assert.doesNotMatch(
      JSON.stringify(state.hosts.map(({ promised }) => promised)),
      /PRIVATE KEY|client-key-data/,
    );
  });

  it("gives the objects of the cluster without the provider's own fields, and its kubeconfig", () => {
    assert.ok(state.objects.length > 20);
    assert.doesNotMatch(JSON.stringify(state.objects), /__fieldManager/);
    // The schemas of Dex's definitions: the provider's types have underscores for Kubernetes' dashes.
    assert.match(JSON.stringify(state.objects), /"x-kubernetes-preserve-unknown-fields":true/);
    assert.doesNotMatch(JSON.stringify(state.objects), /x_kubernetes/);
    assert.match(state.kubeconfig ?? "", /clusters:/);
  });

  it("knows what brings a host its programs", () => {
    const host = state.hosts[1]?.address;
    const order = { connection: { host }, architecture: {}, files: [] };
    const type = "command:local:Command";
    const send = { urn: "urn:send", type, inputs: { stdin: secret(JSON.stringify(order)) } };
    const { hosts } = readStackState(exported(recording, [send]));
    const deliveries = hosts.map(({ address, deliveries: by }) => [address, by] as const);
    assert.deepEqual(
      deliveries.filter(([, by]) => by.length > 0),
      [[host, ["urn:send"]]],
    );
  });

  it("names what lies in the account of a cloud, by its URN", () => {
    assert.deepEqual(state.cloudResources, []);
    const type = "aws:ec2/vpc:Vpc";
    const provider = "pulumi:providers:aws";
    const vpc = { urn: "urn:vpc", type };
    const more = [vpc, { urn: "urn:provider", type: provider }, { urn: "urn:left", type, delete: true }];
    assert.deepEqual(readStackState(exported(recording, more)).cloudResources, ["urn:vpc"]);
  });

  it("leaves out what an interrupted replacement has yet to delete", () => {
    const { deployment } = JSON.parse(exported(recording)) as {
      deployment: { resources: { type: string }[] };
    };
    const first = deployment.resources.find(({ type }) => type === "command:remote:Command");
    const left = { ...first, urn: "urn:left", delete: true };
    const again = readStackState(exported(recording, [left]));
    assert.deepEqual(
      again.hosts.map(({ promised }) => promised.length),
      state.hosts.map(({ promised }) => promised.length),
    );
  });

  it("that hides its secrets is refused, not taken for one without keys", () => {
    const hidden = exported(recording).replaceAll('"plaintext":', '"ciphertext":');
    assert.throws(() => readStackState(hidden), /secrets are hidden/);
  });

  it("of a stack that was never up has nothing", () => {
    assert.deepEqual(readStackState('{"version":3,"deployment":{}}'), {
      hosts: [],
      objects: [],
      cloudResources: [],
      kubeconfig: undefined,
    });
  });
});
