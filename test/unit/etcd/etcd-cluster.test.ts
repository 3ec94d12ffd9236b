import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EtcdCluster } from "../../../components/etcd/etcd-cluster";
import { artifacts, fixtureHost } from "../../support/fixture-cluster";
import { assertNamedUnderParents, ofType, recordStack } from "../../support/mocks";

const names = ["control-plane-0", "worker-0", "worker-1"];

describe("the etcd cluster as resources", () => {
  it("is one plan per host; members are born together, so none waits for another", async () => {
    const recording = await recordStack(() => {
      const hosts = names.map((name) => fixtureHost(name));
      return new EtcdCluster("etcd", { clusterName: "test", hosts, artifacts });
    });
    const plans = ofType(recording, "redoubt:plan:ApplyPlan");
    assert.deepEqual(
      [...plans.keys()],
      names.map((name) => `etcd-${name}`),
    );
    for (const { opts } of plans.values()) assert.deepEqual(opts.dependsOn, []);
    assertNamedUnderParents(recording, ["etcd"]);
  });

  it("gives every member the same list of members, and itself as one of them", async () => {
    const { result, resources } = await recordStack(() => {
      const hosts = names.map((name) => fixtureHost(name));
      return new EtcdCluster("etcd", { clusterName: "test", hosts, artifacts });
    });
    const scripts = resources
      .filter(({ type }) => type === "command:remote:Command")
      .map(({ inputs }) => String(inputs["stdin"]));
    const members = scripts.map((script) => /--initial-cluster=(\S+)/.exec(script)?.[1]);
    assert.equal(members.length, 3);
    assert.equal(new Set(members).size, 1);
    names.forEach((name, index) => {
      assert.match(scripts[index] ?? "", new RegExp(`--name=${name}\\b`));
      assert.ok(members[0]?.includes(`${name}=https://`));
    });
    assert.deepEqual(result.addresses, ["10.77.5.10", "10.77.5.32", "10.77.5.33"]);
  });
});
