import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { isStateEmpty, readState, stackOutputs } from "../../../commands/stack-outputs";

describe("Outputs of a stack whose state is a file", () => {
  const state = mkdtempSync(path.join(tmpdir(), "state-"));
  const environment = { PULUMI_BACKEND_URL: `file://${state}` };
  after(() => {
    rmSync(state, { recursive: true });
  });
  const write = (stack: string, latest: unknown): void => {
    const folder = path.join(state, ".pulumi", "stacks", "redoubt");
    mkdirSync(folder, { recursive: true });
    const content = { version: 3, checkpoint: { stack, latest } };
    writeFileSync(path.join(folder, `${stack}.json`), JSON.stringify(content));
  };

  it("are those of the stack itself; what is secret stays encrypted", async () => {
    const kubeconfig = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "v1:x",
    };
    write("up", {
      resources: [
        { urn: "urn:pulumi:test::redoubt::pulumi:providers:tls::x", type: "pulumi:providers:tls" },
        {
          urn: "urn:pulumi:test::redoubt::redoubt:pki:ClusterPki::x",
          type: "redoubt:pki:ClusterPki",
          outputs: { kubernetesVersion: "1.0.0" },
        },
        {
          urn: "urn:pulumi:test::redoubt::pulumi:pulumi:Stack::x",
          type: "pulumi:pulumi:Stack",
          outputs: { kubernetesVersion: "1.35.4", kubeconfig },
        },
      ],
    });
    assert.deepEqual(await stackOutputs("up", environment), { kubernetesVersion: "1.35.4", kubeconfig });
  });

  it("are none before the first up, and after a destroy", async () => {
    write("new", null);
    write("destroyed", {});
    for (const stack of ["never-made", "new", "destroyed"]) {
      assert.deepEqual(await stackOutputs(stack, environment), {});
    }
  });

  it("tell a stack that holds nothing from one that holds something, even if that has no output", async () => {
    write("new", null);
    write("destroyed", { resources: [] });
    write("half", {
      resources: [{ urn: "urn:pulumi:test::redoubt::pulumi:providers:tls::x", type: "pulumi:providers:tls" }],
    });
    const empty: string[] = [];
    for (const stack of ["never-made", "new", "destroyed", "half"]) {
      if (isStateEmpty(stack, environment, await readState(stack, environment))) empty.push(stack);
    }
    assert.deepEqual(empty, ["never-made", "new", "destroyed"]);
    assert.equal(isStateEmpty("new", { PULUMI_BACKEND_URL: "s3://bucket" }, { resources: [] }), false);
  });

  it("are no outputs when they are not what they must be", async () => {
    write("odd", {
      resources: [
        {
          urn: "urn:pulumi:test::redoubt::pulumi:pulumi:Stack::x",
          type: "pulumi:pulumi:Stack",
          outputs: { kubernetesVersion: 1.35 },
        },
      ],
    });
    await assert.rejects(stackOutputs("odd", environment), /kubernetesVersion/);
  });

  it("stand beside what the engine had begun and nobody saw the end of", async () => {
    const urn = "urn:pulumi:test::redoubt::aws:ec2/eip:Eip::x";
    const begun = { type: "creating", resource: { urn, type: "aws:ec2/eip:Eip" } };
    write("killed", { resources: [], pending_operations: [begun] });
    assert.deepEqual((await readState("killed", environment)).pending, [begun]);
    write("new", null);
    for (const stack of ["never-made", "new"]) {
      assert.deepEqual((await readState(stack, environment)).pending, []);
    }
  });
});
