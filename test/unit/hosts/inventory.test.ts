import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { hostKeyName, Inventory, type InventoryArgs } from "../../../components/hosts/inventory";
import { hostKey, somePrivateKey } from "../../support/fixture-inventory";
import {
  assertNamedUnderParents,
  ofType,
  recordStack,
  reveal,
  type RecordedResource,
  type Recording,
} from "../../support/mocks";
import { sshKeyMocks } from "../../support/ssh-keys";

const host = (name: string, last: number): InventoryArgs["hosts"][number] => ({
  name,
  role: "worker",
  address: `192.0.2.${last}`,
  podCidr: `10.244.${last}.0/24`,
  port: 2222,
  hostKey: hostKey(name),
});

const args: InventoryArgs = {
  hosts: [host("alpha", 21), host("beta", 22)],
  architecture: "amd64",
  adminUser: "redoubt",
  stackKeys: { connecting: 1, authorized: [1] },
  bootstrap: { user: "installer", login: { by: "password", password: "hunter2" } },
  deliveries: ({ name }) => [{ source: `/cache/${name}`, target: `/opt/redoubt/store/0/${name}` }],
  authorities: "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n",
};

const bastion = {
  address: "bastion.example.org",
  port: 22,
  user: "jump",
  hostKey: hostKey("bastion"),
  login: { by: "privateKey", privateKey: somePrivateKey },
} as const;

const record = (changed: Partial<InventoryArgs> = {}): Promise<Recording<Inventory>> =>
  recordStack(() => new Inventory("machines", { ...args, ...changed }), { mocks: sshKeyMocks });

function command(recording: Recording<unknown>, pattern: RegExp): RecordedResource {
  const found = recording.resources.filter(({ name, custom }) => custom && pattern.test(name));
  assert.equal(found.length, 1, `commands ${String(pattern)}: ${found.map(({ name }) => name).join()}`);
  const [only] = found;
  assert.ok(only);
  return only;
}

const connectionOf = ({ inputs }: RecordedResource): Record<string, unknown> =>
  inputs["connection"] as Record<string, unknown>;

describe("hosts of an inventory", () => {
  it("are adopted once each, then brought what they install", async () => {
    const recording = await record();
    assert.deepEqual(
      [...ofType(recording, "command:remote:Command").keys()],
      args.hosts.map(({ name, hostKey: key }) => `machines-${name}-adoption-${hostKeyName(key)}-run`),
    );
    assert.deepEqual(
      [...ofType(recording, "command:local:Command").keys()],
      args.hosts.map(({ name }) => `machines-${name}-artifacts-send`),
    );
    assertNamedUnderParents(recording, ["machines"]);
  });

  it("are first entered as who may log in now, with the pinned host key", async () => {
    const connection = connectionOf(command(await record(), /alpha-adoption/));
    assert.equal(connection["user"], "installer");
    assert.equal(connection["password"], "hunter2");
    assert.equal(connection["host"], "192.0.2.21");
    assert.equal(connection["port"], 2222);
    assert.equal(connection["hostKey"], hostKey("alpha"));
    assert.equal(connection["privateKey"], undefined);
  });

  it("are entered by the stack's key ever after", async () => {
    const { result } = await record();
    const [first] = result.hosts;
    assert.ok(first);
    const { value, secret } = await reveal(pulumi.output(first.connection));
    const connection = value as unknown as Record<string, unknown>;
    assert.equal(secret, true);
    assert.equal(connection["user"], "redoubt");
    assert.match(String(connection["privateKey"]), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
    assert.equal(connection["password"], undefined);
    assert.equal(connection["hostKey"], hostKey("alpha"));
  });

  it("keep the first login secret: password, script and what it prints", async () => {
    const { inputs, secretInputs, opts } = command(await record(), /alpha-adoption/);
    assert.ok(secretInputs.includes("connection"));
    assert.ok(secretInputs.includes("stdin"));
    assert.match(String(inputs["stdin"]), /^hunter2\n/);
    assert.doesNotMatch(String(inputs["create"]), /hunter2/);
    for (const output of ["stdout", "stderr"]) assert.ok(opts.additionalSecretOutputs?.includes(output));
    assert.equal(inputs["logging"], "none");
  });

  it("don't need the first login again, whatever becomes of its user and password", async () => {
    const { inputs, opts } = command(await record(), /alpha-adoption/);
    assert.deepEqual(opts.ignoreChanges, ["connection", "create", "stdin"]);
    for (const key of ["update", "delete", "triggers", "environment"])
      assert.equal(inputs[key], undefined, key);
  });

  it("are other hosts when their key is another, and the same when it has another comment", () => {
    assert.notEqual(hostKeyName(hostKey("alpha")), hostKeyName(hostKey("beta")));
    assert.equal(hostKeyName(`${hostKey("alpha")} root@alpha`), hostKeyName(hostKey("alpha")));
  });

  it("are forgotten on destroy: nothing dials a host to delete", async () => {
    for (const { name, inputs, custom } of (await record()).resources) {
      if (custom) assert.equal(inputs["delete"], undefined, name);
    }
  });

  it("are reached through the bastion, whose host key is pinned too", async () => {
    const recording = await record({ bastion });
    for (const pattern of [/alpha-adoption/, /beta-adoption/]) {
      const proxy = connectionOf(command(recording, pattern))["proxy"] as Record<string, unknown>;
      assert.equal(proxy["host"], "bastion.example.org");
      assert.equal(proxy["user"], "jump");
      assert.equal(proxy["hostKey"], hostKey("bastion"));
      assert.equal(proxy["privateKey"], somePrivateKey);
    }
    const { inputs, secretInputs } = command(recording, /alpha-artifacts/);
    assert.match(String(inputs["stdin"]), /"proxy":\{/);
    assert.deepEqual(secretInputs, ["stdin"]);
  });

  for (const [what, login, key] of [
    ["the agent", { by: "agent" }, undefined],
    ["a private key", { by: "privateKey", privateKey: somePrivateKey }, somePrivateKey],
  ] as const) {
    it(`may be entered by ${what}, and then sudo gets no password`, async () => {
      const adoption = command(await record({ bootstrap: { user: "root", login } }), /alpha-adoption/);
      const { privateKey, password } = connectionOf(adoption);
      assert.equal(privateKey, key);
      assert.equal(password, undefined);
      assert.match(String(adoption.inputs["stdin"]), /^\n/);
    });
  }

  it("are entered as the administrator where all are adopted", async () => {
    const recording = await record({ bootstrap: { user: "root", login: { by: "stackKey" } } });
    const connection = connectionOf(command(recording, /alpha-adoption/));
    assert.equal(connection["user"], "redoubt");
    assert.match(String(connection["privateKey"]), /OPENSSH PRIVATE KEY/);
  });
});
