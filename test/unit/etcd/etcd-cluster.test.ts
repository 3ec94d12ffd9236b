import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EtcdCluster } from "../../../components/etcd/etcd-cluster";
import { artifacts, fixtureHost } from "../../support/fixture-cluster";
import { assertNamedUnderParents, ofType, recordStack } from "../../support/mocks";

const names = ["control-plane-0", "worker-0", "worker-1"];
const clusterName = "test";
const snapshots = { intervalHours: 12, keep: 5 };

describe("the etcd cluster as resources", () => {
  it("is one plan per host; members change one after the other, when every host can say whether it has one", async () => {
    const recording = await recordStack(() => {
      const hosts = names.map((name) => fixtureHost(name));
      return new EtcdCluster("etcd", { clusterName, hosts, snapshots, artifacts });
    });
    const plans = ofType(recording, "redoubt:plan:ApplyPlan");
    assert.deepEqual(
      [...plans.keys()],
      names.map((name) => `etcd-${name}`),
    );
    assert.deepEqual(
      [...plans.values()].map(({ opts }) => [opts.dependsOn].flat().length),
      [0, 1, 1],
    );
    assertNamedUnderParents(recording, ["etcd"]);
  });

  it("tells every member of all the others, and itself by its own address", async () => {
    const { result, resources } = await recordStack(() => {
      const hosts = names.map((name) => fixtureHost(name));
      return new EtcdCluster("etcd", { clusterName, hosts, snapshots, artifacts });
    });
    const scripts = resources
      .filter(({ type }) => type === "command:remote:Command")
      .map(({ inputs }) => String(inputs["stdin"]));
    const lastWords = (call: RegExp): (readonly string[] | undefined)[] =>
      scripts.map((script) => call.exec(script)?.[1]?.split(" "));
    assert.deepEqual(lastWords(/' join (control-plane.*|worker.*)$/m), [
      ["control-plane-0", "https://10.77.5.10:2380", "10.77.5.32", "10.77.5.33"],
      ["worker-0", "https://10.77.5.32:2380", "10.77.5.10", "10.77.5.33"],
      ["worker-1", "https://10.77.5.33:2380", "10.77.5.10", "10.77.5.32"],
    ]);
    assert.deepEqual(lastWords(/' settle (.*)$/m)[1], [
      "10.77.5.32",
      "https://10.77.5.32:2380",
      "10.77.5.10",
      "10.77.5.33",
    ]);
    assert.deepEqual(result.addresses, ["10.77.5.10", "10.77.5.32", "10.77.5.33"]);
  });
});
