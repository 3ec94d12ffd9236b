import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import {
  assertNamedUnderParents,
  ofType,
  reveal,
  type RecordedResource,
  type Recording,
} from "../../support/mocks";
import { assertShellcheckClean } from "../../support/shellcheck";
import { traceOf } from "../../support/trace-of";
import { bindPassword, recordProgram, registryPassword, type StackOutputs } from "./program";

const remoteCommand = "command:remote:Command";

/** Text that only a private key, or what holds one, contains; in PEM and in base64. */
const secretText = new RegExp(
  [traceOf("PRIVATE KEY").source, "\\$2b\\$", bindPassword, registryPassword, "client-key-data"].join("|"),
);

let recording: Recording<StackOutputs>;
let commands: RecordedResource[];
/** Those that do something when a host leaves, and nothing before. */
let farewells: RecordedResource[];
/** Those that do something when a setting is withdrawn, and nothing before. */
let withdrawals: RecordedResource[];
/** Those that do something when a node comes to another version, and nothing before. */
let turns: RecordedResource[];
before(async () => {
  recording = await recordProgram();
  const all = [...ofType(recording, remoteCommand).values()];
  farewells = all.filter(({ name }) => name.endsWith("-leave"));
  withdrawals = all.filter(({ name }) => name.endsWith("-withdrawal"));
  turns = all.filter(({ name }) => /^node-.*-(turn|return)$/.test(name));
  commands = all.filter((command) => ![...farewells, ...withdrawals, ...turns].includes(command));
});

/** Names what breaks a rule, so that an error names all of them at once. */
function assertNone(broken: readonly { readonly name: string }[], rule: string): void {
  assert.deepEqual(
    broken.map(({ name }) => name),
    [],
    rule,
  );
}

describe("the tree of resources", () => {
  it("begins with components and providers; everything else has a parent", () => {
    const roots = recording.resources.filter(({ parent }) => parent === undefined);
    assertNone(
      roots.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:")),
      "a resource without a parent",
    );
  });

  it("names every child after its parent", () => {
    const roots = recording.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    assertNamedUnderParents(recording, roots);
  });

  it("gives no two resources the same type and name", () => {
    const ids = recording.resources.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
  });

  it("has no helper that a reader has to look for twice: every component has children", () => {
    const parents = new Set(recording.resources.map(({ parent }) => `${parent?.type} ${parent?.name}`));
    assertNone(
      recording.resources.filter(({ custom, type, name }) => !custom && !parents.has(`${type} ${name}`)),
      "a component without children",
    );
  });
});

describe("secrets", () => {
  it("stand in no input that is not secret", () => {
    const shown = recording.resources.flatMap(({ type, name, inputs, secretInputs }) =>
      Object.entries(inputs)
        .filter(([key, value]) => !secretInputs.includes(key) && secretText.test(JSON.stringify(value)))
        .map(([key]) => `${type} ${name} ${key}`),
    );
    assert.deepEqual(shown, []);
  });

  it("are found by this test where they are: keys, kubeconfigs and scripts that hold them", () => {
    const holders = recording.resources.flatMap(({ name, inputs }) =>
      Object.entries(inputs)
        .filter(([, value]) => secretText.test(JSON.stringify(value)))
        .map(([key]) => `${name} ${key}`),
    );
    for (const holder of [
      "machines-worker-0 stdin",
      "worker-0-secrets-write stdin",
      "identity-provider-control-plane-0-configuration-write stdin",
      "worker-0-plan-apply connection",
      "kubernetes kubeconfig",
    ]) {
      assert.ok(holders.includes(holder), holder);
    }
  });

  it("stand in no name", () => {
    assertNone(
      recording.resources.filter(({ name }) => secretText.test(name)),
      "a name with a secret",
    );
  });

  it("stand in outputs that are secret, and in no other", async () => {
    const outputs = Object.entries(recording.result);
    const secretOutputs: string[] = [];
    for (const [name, output] of outputs) {
      const { value, secret } = await reveal(pulumi.output<unknown>(output));
      if (secret) secretOutputs.push(name);
      else assert.doesNotMatch(JSON.stringify(value), secretText, name);
    }
    assert.deepEqual(secretOutputs.sort(), ["kubeconfig", "sshPrivateKey", "userKubeconfigs"]);
  });

  it("hide what a command that was given one prints", () => {
    const given = commands.filter(({ secretInputs }) => secretInputs.includes("stdin"));
    assert.ok(given.length >= 3);
    assertNone(
      given.filter(
        ({ opts }) => !["stdout", "stderr"].every((key) => opts.additionalSecretOutputs?.includes(key)),
      ),
      "a command whose output is shown",
    );
  });
});

describe("every remote command", () => {
  it("exists: one per phase and host at least", () => {
    assert.ok(commands.length >= 12);
  });

  it("pins the host key", () => {
    assertNone(
      [...commands, ...farewells, ...withdrawals, ...turns].filter(({ inputs }) => {
        const { hostKey } = inputs["connection"] as { hostKey?: string };
        return !/^ssh-ed25519 \S+$/.test(hostKey ?? "");
      }),
      "a connection without host key",
    );
  });

  it("logs in by key only", () => {
    assertNone(
      [...commands, ...farewells, ...withdrawals, ...turns].filter(({ inputs }) => {
        const connection = inputs["connection"] as Record<string, unknown>;
        return connection["password"] !== undefined || connection["privateKey"] === undefined;
      }),
      "a connection without key",
    );
  });

  it("has the same short command line to create and update; what it does comes by stdin", () => {
    assertNone(
      commands.filter(
        ({ inputs }) =>
          inputs["create"] !== "sudo --non-interactive bash -s" ||
          inputs["update"] !== inputs["create"] ||
          typeof inputs["stdin"] !== "string" ||
          inputs["stdin"] === "",
      ),
      "a command line of its own",
    );
  });

  it("has no triggers, which would replace it instead of updating it", () => {
    assertNone(
      commands.filter(({ inputs }) => inputs["triggers"] !== undefined),
      "a command with triggers",
    );
  });

  it("has no environment, which a hardened sshd does not accept", () => {
    assertNone(
      commands.filter(
        ({ inputs }) => inputs["environment"] !== undefined || inputs["addPreviousOutputInEnv"] !== false,
      ),
      "a command with an environment",
    );
  });

  it("logs nothing", () => {
    assertNone(
      [...commands, ...farewells, ...withdrawals, ...turns].filter(
        ({ inputs }) => inputs["logging"] !== "none",
      ),
      "a command that logs",
    );
  });

  it("does nothing on delete: a host may be gone by then", () => {
    assertNone(
      commands.filter(({ inputs }) => inputs["delete"] !== undefined),
      "a command that deletes",
    );
  });

  it("that a node leaves by runs on the first control plane, which stays as long as the cluster", () => {
    assert.deepEqual(farewells.map(({ name }) => name).sort(), [
      "node-worker-0-leave",
      "node-worker-1-leave",
    ]);
    const first = commands.find(({ name }) => name === "control-plane-control-plane-0-apply");
    for (const { inputs, opts } of farewells) {
      assert.deepEqual(inputs["connection"], first?.inputs["connection"]);
      assert.deepEqual(
        [inputs["create"], inputs["update"], inputs["delete"]],
        [undefined, undefined, "sudo --non-interactive bash -s"],
      );
      assert.ok(opts.deletedWith);
    }
  });

  it("that takes a part away runs when its setting goes, and not when its machine does", async () => {
    assert.deepEqual(
      withdrawals.map(({ name }) => name),
      ["metrics-control-plane-0-withdrawal"],
    );
    for (const { inputs, opts } of withdrawals) {
      assert.deepEqual(
        [inputs["create"], inputs["update"], inputs["delete"]],
        [undefined, undefined, "sudo --non-interactive bash -s"],
      );
      assert.ok(opts.deletedWith);
      assert.match((await reveal(opts.deletedWith.urn)).value, /::machines-control-plane-0$/);
    }
  });

  it("that a node changes its version by runs on the first control plane, and not for a new node", () => {
    const first = commands.find(({ name }) => name === "control-plane-control-plane-0-apply");
    assert.equal(turns.length, 6);
    for (const { inputs } of turns) {
      assert.deepEqual(inputs["connection"], first?.inputs["connection"]);
      assert.deepEqual(
        [inputs["create"], inputs["update"], inputs["delete"]],
        [undefined, "sudo --non-interactive bash -s", undefined],
      );
    }
  });

  it("that a node changes its version by comes after that of the worker behind it, control planes first", () => {
    const after = (node: string): string[] => {
      const turn = turns.find(({ name }) => name === `node-${node}-turn`);
      return [turn?.opts.dependsOn].flat().flatMap((dependency) => {
        const before = turns.find(({ resource }) => resource === dependency);
        return before === undefined ? [] : [before.name];
      });
    };
    // A worker that is added last must not wait for one that can't be drained.
    assert.deepEqual(after("worker-0"), ["node-worker-1-turn"]);
    assert.deepEqual(after("worker-1"), ["node-control-plane-0-turn"]);
    assert.deepEqual(after("control-plane-0"), []);
  });

  it("has a clean script", { timeout: 120_000 }, () => {
    for (const script of new Set(
      [...commands, ...farewells, ...withdrawals, ...turns].map(({ inputs }) => String(inputs["stdin"])),
    )) {
      assertShellcheckClean(script);
    }
  });
});

describe("every object of the cluster", () => {
  it("is forgotten with the machine that holds it, so that destroy never waits for a dead API server", async () => {
    const objects = recording.resources.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.ok(objects.length > 20);
    const rootOf = (name: string | undefined): string | undefined => {
      const owner = recording.resources.find((resource) => resource.name === name);
      return owner?.parent === undefined ? name : rootOf(owner.parent.name);
    };
    const owners = new Set(objects.map(({ parent }) => rootOf(parent?.name)));
    assert.deepEqual([...owners].sort(), [
      "access",
      "admission",
      "coredns",
      "identity-provider",
      "metrics",
      "network",
      "service-accounts",
    ]);
    // The engine hands a component's transforms on to its children.
    for (const { name, opts } of recording.resources.filter((resource) => owners.has(resource.name))) {
      const [transform] = opts.transforms ?? [];
      assert.ok(transform, name);
      const asked = { custom: true, type: "kubernetes:core/v1:Pod", name: "pod", props: {}, opts: {} };
      const given = (await transform(asked))?.opts as pulumi.CustomResourceOptions | undefined;
      const machine = given?.deletedWith;
      assert.ok(machine, name);
      assert.match((await reveal(machine.urn)).value, /::machines-control-plane-0$/);
    }
  });
});
