import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ControlPlane } from "../../../components/control-plane/control-plane";
import type { AuthorityGenerations } from "../../../components/pki/authority-generations";
import { withFunctions } from "../../../components/plan/functions";
import { renderScript } from "../../../components/plan/script";
import { contentsOf, controlPlaneArgs, fixtureHost, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import { assertNamedUnderParents, ofType, recordStack } from "../../support/mocks";
import { controlPlanePlan } from "./plan";

describe("a control plane host", () => {
  it("gets these files", () => {
    assertGolden("control-plane", contentsOf(controlPlanePlan));
  });

  it("runs nothing as root but the one unit that binds the administrators", () => {
    const asRoot = controlPlanePlan.units
      .map(({ name }) => name)
      .filter((name) => unitOf(controlPlanePlan, name).service("User") === undefined);
    assert.deepEqual(asRoot, ["redoubt-bootstrap-rbac.service"]);
    assert.equal(unitOf(controlPlanePlan, "redoubt-bootstrap-rbac.service").service("Type"), "oneshot");
  });
});

describe("the control plane as resources", () => {
  it("is one plan per host, each the one of its subjects", async () => {
    const hosts = [fixtureHost("control-plane-0")];
    const recording = await recordStack(
      () => new ControlPlane("control-plane", { ...controlPlaneArgs, hosts }),
    );
    const [apply] = ofType(recording, "command:remote:Command").values();
    assert.equal(apply?.name, "control-plane-control-plane-0-apply");
    assert.equal(
      apply.inputs["stdin"],
      withFunctions(renderScript(controlPlanePlan, "control-plane"), "kept"),
    );
    assertNamedUnderParents(recording, ["control-plane"]);
  });

  it("waits on the last host until pods are told whom to trust, while authorities are rotated", async () => {
    const names = ["control-plane-0", "worker-0"];
    const waits = async (authorities?: AuthorityGenerations): Promise<boolean[]> => {
      const hosts = names.map((name) => fixtureHost(name));
      const recording = await recordStack(
        () => new ControlPlane("control-plane", { ...controlPlaneArgs, authorities, hosts }),
      );
      const commands = ofType(recording, "command:remote:Command");
      return names.map((name) =>
        String(commands.get(`control-plane-${name}-apply`)?.inputs["stdin"]).includes(
          "pods are told to trust generation 1 and 2",
        ),
      );
    };
    assert.deepEqual(await waits({ issuing: 2, trusted: [1, 2] }), [false, true]);
    assert.deepEqual(await waits(), [false, false]);
  });

  it("has what is secret in etcd encrypted anew by the last host, when all others can decrypt it", async () => {
    const names = ["control-plane-0", "worker-0"];
    const encryptionKeys = { encrypting: 2, decrypting: [1, 2] };
    const hosts = names.map((name) => fixtureHost(name));
    const recording = await recordStack(
      () => new ControlPlane("control-plane", { ...controlPlaneArgs, encryptionKeys, hosts }),
    );
    const commands = ofType(recording, "command:remote:Command");
    const scripts = names.map((name) => String(commands.get(`control-plane-${name}-apply`)?.inputs["stdin"]));
    const call = "encrypt-anew write secretbox key2 /registry/secrets/ /registry/dex.coreos.com/";
    assert.deepEqual(
      scripts.map((script) => script.includes(call)),
      [false, true],
    );
  });

  it("changes one host at a time: each waits for the one before", async () => {
    const names = ["control-plane-0", "worker-0", "worker-1"];
    const { resources } = await recordStack(
      () =>
        new ControlPlane("control-plane", {
          ...controlPlaneArgs,
          hosts: names.map((name) => fixtureHost(name)),
        }),
    );
    const plans = resources.filter(({ type }) => type === "redoubt:plan:ApplyPlan");
    const waitsFor = plans.map(({ opts }) =>
      [opts.dependsOn].flat().map((resource) => (resource as pulumi.Resource & { __name?: string }).__name),
    );
    assert.deepEqual(waitsFor, [[], ["control-plane-control-plane-0"], ["control-plane-worker-0"]]);
  });
});
