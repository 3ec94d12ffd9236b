import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import { renderScript } from "../../../components/plan/script";
import type { Change } from "../../../report/change";
import { previewChanges } from "../../../report/changes";
import type { Operation, Step } from "../../../report/preview";
import { previewOf, stackStep, stepOf } from "./steps";

const three = ["control-plane-0", "control-plane-1", "control-plane-2"];

function phase(name: string, component: string, operation: Operation, prefix = name): Step {
  return stepOf(`${component}$redoubt:plan:ApplyPlan$command:remote:Command`, `${prefix}-apply`, {
    operation,
    [operation === "delete" ? "before" : "after"]: {
      stdin: renderScript(mergeFragments({}), name.replace(/-control-plane-\d+$/, "")),
    },
  });
}
const controlPlane = (host: string, operation: Operation = "delete"): Step =>
  phase(`control-plane-${host}`, "redoubt:controlPlane:ControlPlane", operation);
const etcd = (host: string): Step => phase(`etcd-${host}`, "redoubt:etcd:EtcdCluster", "delete");
const hardened = (name: string, operation: Operation): Step =>
  stepOf("redoubt:hosts:HardenedHost", name, { operation });

function ofHosts(hosts: readonly string[], ...steps: readonly Step[]): Change[] {
  return previewChanges(previewOf(stackStep(hosts, hosts), ...steps)).filter(({ place }) =>
    hosts.includes(place),
  );
}

describe("a phase that ends on a host that stays", () => {
  it("is told of: what it started keeps running", () => {
    const [change, ...others] = ofHosts(three, controlPlane("control-plane-2"));
    assert.deepEqual([change?.place, change?.title], ["control-plane-2", "phase control-plane"]);
    assert.deepEqual(change?.impact, {
      class: "reload",
      reason: "phase control-plane is no longer applied; what it started keeps running",
    });
    assert.deepEqual(others, []);
  });

  it("takes a member out of etcd, and the data with the last one", () => {
    const classes = (...hosts: readonly string[]): string[] =>
      ofHosts(three, ...hosts.map(etcd)).map(({ impact }) => impact.class);
    assert.deepEqual(classes("control-plane-2"), ["restart-control-plane"]);
    assert.deepEqual(classes(...three), ["data-loss", "data-loss", "data-loss"]);
    const [alone] = ofHosts(["control-plane-0"], etcd("control-plane-0"));
    assert.equal(alone?.impact.class, "data-loss");
  });

  it("counts with members whose hosts leave in the same run", () => {
    const changes = ofHosts(
      three,
      etcd("control-plane-0"),
      ...three.slice(1).flatMap((host) => [etcd(host), hardened(host, "delete")]),
    );
    assert.deepEqual(
      changes.map(({ title, impact }) => [title, impact.class]),
      [
        ["host leaves the cluster", "data-loss"],
        ["host leaves the cluster", "data-loss"],
        ["phase etcd", "data-loss"],
      ],
    );
  });

  it("is not told of when it only gets another name", () => {
    const renamed = phase(
      "control-plane-control-plane-2",
      "redoubt:controlPlane:ControlPlane",
      "create",
      "other-control-plane-2",
    );
    const changes = ofHosts(three, controlPlane("control-plane-2"), renamed);
    assert.ok(changes.every(({ operation }) => operation !== "delete"));
  });
});

describe("a phase that ends with its host", () => {
  it("is told of with the host", () => {
    const changes = ofHosts(three, controlPlane("control-plane-2"), hardened("control-plane-2", "delete"));
    assert.deepEqual(
      changes.map(({ title }) => title),
      ["host leaves the cluster"],
    );
  });
});
