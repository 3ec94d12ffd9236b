import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { bridgeName, LocalMachines, type LocalMachinesArgs } from "../../../components/hosts/local";
import { hostSpecs } from "../../support/fixture-cluster";
import {
  assertNamedUnderParents,
  ofType,
  recordStack,
  reveal,
  type RecordedResource,
  type Recording,
} from "../../support/mocks";
import { sshKeyMocks } from "../../support/ssh-keys";

const args: LocalMachinesArgs = {
  clusterName: "test",
  hosts: hostSpecs,
  subnet: "10.77.5.0/24",
  gateway: "10.77.5.1",
  adminUser: "redoubt",
  stackKeys: { connecting: 1, authorized: [1] },
  baseImage: "/cache/base",
  artifactStore: "/cache",
};

const record = (changed: Partial<LocalMachinesArgs> = {}): Promise<Recording<LocalMachines>> =>
  recordStack(() => new LocalMachines("machines", { ...args, ...changed }), { mocks: sshKeyMocks });

function machine(recording: Recording<unknown>, name: string): RecordedResource {
  const found = ofType(recording, "command:local:Command").get(`machines-${name}`);
  assert.ok(found, `no command machines-${name}`);
  return found;
}

const environmentOf = ({ inputs }: RecordedResource): Record<string, string> =>
  inputs["environment"] as Record<string, string>;

describe("local machines", () => {
  it("are a network, a machine per host, a host key per machine and one key to log in with", async () => {
    const recording = await record();
    const names = hostSpecs.map(({ name }) => name);
    assert.deepEqual(
      [...ofType(recording, "command:local:Command").keys()],
      ["network", ...names].map((name) => `machines-${name}`),
    );
    assert.deepEqual([...ofType(recording, "tls:index/privateKey:PrivateKey").keys()].sort(), [
      "machines-admin-key",
      ...names.map((name) => `machines-${name}-host-key`),
    ]);
    assertNamedUnderParents(recording, ["machines"]);
  });

  it("make the network before the machines, and clear the old away before the new", async () => {
    const recording = await record();
    for (const { name } of hostSpecs) {
      const { opts } = machine(recording, name);
      assert.equal([opts.dependsOn].flat().length, 1);
      assert.equal(opts.deleteBeforeReplace, true);
    }
    assert.equal(machine(recording, "network").opts.deleteBeforeReplace, true);
  });

  it("go by the script's verbs, and are undone by it", async () => {
    const recording = await record();
    const script = "components/hosts/local/machine.sh";
    const verbs = ({ inputs }: RecordedResource): unknown[] =>
      ["create", "update", "delete"].map((key) => inputs[key]);
    assert.deepEqual(
      verbs(machine(recording, "network")),
      ["network-create", "network-create", "network-delete"].map((verb) => `${script} ${verb}`),
    );
    assert.deepEqual(
      verbs(machine(recording, "worker-0")),
      ["create", "create", "delete"].map((verb) => `${script} ${verb}`),
    );
  });

  it("get the host key on stdin, as a secret", async () => {
    const recording = await record();
    const { inputs, secretInputs } = machine(recording, "worker-0");
    assert.match(String(inputs["stdin"]), /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    assert.deepEqual(secretInputs, ["stdin"]);
    assert.equal(inputs["logging"], "none");
    assert.equal(inputs["addPreviousOutputInEnv"], false);
  });

  it("get no secret by environment", async () => {
    const recording = await record();
    for (const resource of ofType(recording, "command:local:Command").values()) {
      assert.doesNotMatch(JSON.stringify(resource.inputs["environment"]), /PRIVATE KEY/);
    }
  });

  it("let in the stack's key alone; the hardening plan adds those of the configuration", async () => {
    const keys = environmentOf(machine(await record(), "worker-0"))["AUTHORIZED_KEYS"];
    assert.equal(keys, `ssh-ed25519 ${Buffer.from("machines-admin-key").toString("base64")}`);
  });

  it("have their own name and address, and the same bridge", async () => {
    const recording = await record();
    for (const { name, address } of hostSpecs) {
      const environment = environmentOf(machine(recording, name));
      assert.equal(environment["NAME"], name);
      assert.equal(environment["ADDRESS"], address);
      assert.equal(environment["PREFIX_LENGTH"], "24");
      assert.equal(environment["BRIDGE"], bridgeName("test"));
    }
    assert.equal(environmentOf(machine(recording, "network"))["BRIDGE_ADDRESS"], "10.77.5.1/24");
  });

  it("are replaced when address or host key change, and kept when the base image does", async () => {
    const recording = await record();
    const { inputs, opts } = machine(recording, "worker-0");
    assert.deepEqual(inputs["triggers"], ["10.77.5.32", "SHA256:machines-worker-0-host-key"]);
    assert.deepEqual(opts.ignoreChanges, ["environment.BASE_IMAGE"]);
  });

  it("are reached with the key of their own pinned from the first connection on", async () => {
    const { result } = await record();
    assert.equal(result.hosts.length, 3);
    for (const { spec, connection } of result.hosts) {
      const { value, secret } = await reveal(pulumi.output(connection));
      assert.equal(value.host, spec.address);
      assert.equal(value.user, "redoubt");
      const key = Buffer.from(`machines-${spec.name}-host-key`).toString("base64");
      assert.equal(value.hostKey, `ssh-ed25519 ${key}`);
      assert.match(String(value.privateKey), /PRIVATE KEY/);
      assert.equal(value.password, undefined);
      assert.equal(secret, true);
    }
  });
});

describe("the bridge's name", () => {
  it("fits an interface (15 characters), whatever the cluster is called", () => {
    for (const name of ["a", "x".repeat(40), "Ünïcödé"]) {
      assert.match(bridgeName(name), /^[a-z0-9-]{1,15}$/);
    }
  });

  it("is one per cluster, and the same every time", () => {
    assert.equal(bridgeName("one"), bridgeName("one"));
    assert.notEqual(bridgeName("one"), bridgeName("two"));
  });
});
