import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type * as pulumi from "@pulumi/pulumi";
import { artifactStore } from "../../../components/hosts/inventory/store-script";
import { inventoryHosts, inventoryOf } from "../../support/fixture-inventory";
import { assertShellcheckClean } from "../../support/shellcheck";
import {
  assertNamedUnderParents,
  ofType,
  reveal,
  type RecordedResource,
  type Recording,
} from "../../support/mocks";
import { recordProgram, type StackOutputs } from "./program";

let recording: Recording<StackOutputs>;
let commands: RecordedResource[];

before(async () => {
  recording = await recordProgram({ hosts: inventoryOf(inventoryHosts) });
  commands = [...ofType(recording, "command:remote:Command").values()];
});

const scriptsOf = (host: string): string[] =>
  commands
    .filter(({ inputs }) => (inputs["connection"] as { host: string }).host === host)
    .map(({ inputs }) => String(inputs["stdin"]));

describe("the program over an inventory", () => {
  it("makes no machine: nothing is run on this box but the delivery, and the last login on a host that leaves", () => {
    assert.deepEqual([...ofType(recording, "command:local:Command").keys()].sort(), [
      ...inventoryHosts.map(({ name }) => `machines-${name}-artifacts-send`),
      "node-beta-retire",
    ]);
  });

  it("names every child after its parent", () => {
    const roots = recording.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    assertNamedUnderParents(recording, roots);
  });

  it("pins the host key in every connection, and deletes nothing on a host that leaves", () => {
    assert.ok(commands.length > 10);
    for (const { name, inputs } of commands) {
      const connection = inputs["connection"] as { host: string; hostKey?: string };
      const host = inventoryHosts.find(({ address }) => address === connection.host);
      assert.equal(connection.hostKey, host?.hostKey, name);
      // The one of a setting that is withdrawn goes with its host, unrun.
      assert.equal(inputs["delete"] !== undefined, /-(leave|withdrawal)$/.test(name), name);
    }
  });

  it("enters as the bootstrap user once a host, and as the administrator ever after", () => {
    const entered = commands.map(({ name, inputs }) => {
      const { user } = inputs["connection"] as { user: string };
      return [name.includes("-adoption-"), user] as const;
    });
    assert.equal(entered.filter(([adoption]) => adoption).length, inventoryHosts.length);
    for (const [adoption, user] of entered) assert.equal(user, adoption ? "root" : "redoubt");
  });

  it("brings a host every program that its plans install, and nothing that they don't", () => {
    for (const { name, address } of inventoryHosts) {
      const order = ofType(recording, "command:local:Command").get(`machines-${name}-artifacts-send`);
      const { files } = JSON.parse(String(order?.inputs["stdin"])) as { files: { target: string }[] };
      const delivered = files.map(({ target }) => target).filter((target) => !target.endsWith(".tar"));
      const calls = scriptsOf(address).flatMap((script) => [
        ...script.matchAll(/^artifact \S+ \S+ file:\/\/(\S+) /gm),
      ]);
      const installed = [...new Set(calls.map((call) => call[1] ?? ""))];
      assert.ok(installed.length > 5);
      assert.deepEqual([...delivered].sort(), installed.sort(), name);
      for (const target of delivered) assert.match(target, new RegExp(`^${artifactStore}/[0-9a-f]{64}/`));
    }
  });

  it("asks a host what its Debian is for at the first login, and again before it is brought anything", () => {
    const setting = "hosts.inventory.architecture";
    for (const { name, address } of inventoryHosts) {
      const order = ofType(recording, "command:local:Command").get(`machines-${name}-artifacts-send`);
      const { architecture } = JSON.parse(String(order?.inputs["stdin"])) as { architecture: object };
      assert.deepEqual(architecture, { setting, value: "amd64" });
      const [adoption = ""] = scriptsOf(address).filter((text) => text.includes("# --- adoption ---"));
      assert.match(adoption, /# --- adoption ---\narchitecture=.*\nif \[ "\$architecture" != amd64 \]/);
    }
  });

  it("loads images from where they were brought", () => {
    const [worker] = inventoryHosts.slice(1);
    const images = scriptsOf(worker?.address ?? "").join("\n");
    assert.match(
      images,
      new RegExp(`^redoubt\\.local/coredns:\\S+ ${artifactStore}/[0-9a-f]{64}/coredns\\.tar$`, "m"),
    );
  });

  it("lets SSH and the API in from the operators' networks", () => {
    const script = scriptsOf(inventoryHosts[0].address).find((text) =>
      text.includes("# --- the plan: harden ---"),
    );
    assert.match(script ?? "", /set operators \{[^}]*elements = \{ 192\.0\.2\.0\/24 \}/s);
    assert.match(script ?? "", /set apiClients \{[^}]*elements = \{ 192\.0\.2\.0\/24 \}/s);
  });

  it("forgets the objects of the cluster with its first host, which nothing dials", async () => {
    const owner = recording.resources.find(({ name }) => name === "access");
    const [transform] = owner?.opts.transforms ?? [];
    assert.ok(transform);
    const asked = { custom: true, type: "kubernetes:core/v1:Pod", name: "pod", props: {}, opts: {} };
    const given = (await transform(asked))?.opts as pulumi.CustomResourceOptions | undefined;
    assert.ok(given?.deletedWith);
    assert.match((await reveal(given.deletedWith.urn)).value, /::machines-alpha-adoption-[0-9a-f]{8}-run$/);
  });

  it("has clean scripts", { timeout: 120_000 }, () => {
    for (const script of new Set(inventoryHosts.flatMap(({ address }) => scriptsOf(address)))) {
      // Before that of an adoption stands a line with the password of its login: here none.
      assertShellcheckClean(script.trimStart());
    }
  });
});
