import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Change } from "../../../report/change";
import { previewChanges } from "../../../report/changes";
import type { Step } from "../../../report/preview";
import { previewOf, stackStep, stepOf, type StepParts } from "./steps";

const instance = (host: string, parts: StepParts): Step =>
  stepOf(
    "redoubt:hosts:AwsInstances$redoubt:aws:HardenedInstance$aws:ec2/instance:Instance",
    `hosts-${host}-instance`,
    parts,
  );
const otherSize: StepParts = { before: { instanceType: "m7i.large" }, after: { instanceType: "m7i.xlarge" } };

const three = ["control-plane-0", "control-plane-1", "control-plane-2"];

function changesOf(hosts: readonly string[], ...steps: readonly Step[]): Change[] {
  return previewChanges(previewOf(stackStep(hosts, hosts), ...steps));
}

describe("an instance of AWS", () => {
  it("is the machine of its host when it goes or is made again", () => {
    for (const [host, operation, expected] of [
      ["worker-0", "delete", "drain"],
      ["worker-0", "replace", "drain"],
      ["control-plane-0", "replace", "data-loss"],
      ["worker-0", "create", "none"],
    ] as const) {
      const [change] = changesOf(["control-plane-0", "worker-0"], instance(host, { operation }));
      assert.deepEqual([change?.place, change?.impact.class], [host, expected], `${operation} of ${host}`);
    }
  });

  it("is stopped and started again when it gets another size", () => {
    const [change] = changesOf(["control-plane-0", "worker-0"], instance("worker-0", otherSize));
    assert.deepEqual(change?.impact, {
      class: "reboot",
      reason: "AWS stops it and starts it again for another instanceType; its disk stays",
    });
    assert.deepEqual(change.fields, [{ path: "instanceType", before: "m7i.large", after: "m7i.xlarge" }]);
  });

  it("is stopped for another first boot, of which only the provider says that it differs", () => {
    for (const argument of ["userData", "userDataBase64"]) {
      const hidden = { [argument]: "[secret]" };
      const step = { ...instance("worker-0", { before: hidden, after: hidden }), changedPaths: [argument] };
      const [change] = changesOf(["worker-0"], step);
      assert.equal(change?.impact.class, "reboot");
      assert.match(change.impact.reason, new RegExp(`another ${argument};`));
    }
  });

  it("keeps running when only its tags change", () => {
    const step = instance("worker-0", { before: { tags: { Name: "a" } }, after: { tags: { Name: "b" } } });
    assert.equal(changesOf(["worker-0"], step)[0]?.impact.class, "none");
  });

  it("takes etcd's quorum away while too many control planes are stopped", () => {
    const reasons = (hosts: readonly string[], stopped: readonly string[]): string[] =>
      changesOf(hosts, ...stopped.map((host) => instance(host, otherSize))).map(({ impact }) => {
        assert.equal(impact.class, "reboot");
        return impact.reason;
      });
    const loss = "etcd loses its quorum meanwhile";
    assert.ok(reasons(three, three.slice(0, 1)).every((reason) => !reason.endsWith(loss)));
    assert.ok(reasons(three, three.slice(0, 2)).every((reason) => reason.endsWith(loss)));
    assert.ok(reasons(["control-plane-0"], ["control-plane-0"]).every((reason) => reason.endsWith(loss)));
    assert.ok(reasons([...three, "worker-0"], ["worker-0"]).every((reason) => !reason.endsWith(loss)));
  });

  it("counts a control plane that is made again in the same run as one that does not answer", () => {
    const changes = changesOf(
      three,
      instance("control-plane-0", { operation: "replace" }),
      instance("control-plane-1", otherSize),
    );
    const stopped = changes.find(({ place }) => place === "control-plane-1");
    assert.match(stopped?.impact.reason ?? "", /loses its quorum/);
  });

  it("is no host when it is the bastion, even where a host is called like it", () => {
    const step = stepOf(
      "redoubt:hosts:AwsInstances$redoubt:aws:Bastion$redoubt:aws:HardenedInstance$aws:ec2/instance:Instance",
      "hosts-bastion-server-instance",
      otherSize,
    );
    for (const hosts of [["control-plane-0"], ["control-plane-0", "bastion"]]) {
      assert.deepEqual(
        changesOf(hosts, step)
          .filter(({ fields }) => fields?.some(({ path }) => path === "instanceType"))
          .map(({ place, impact }) => [place, impact.class]),
        [["stack", "reload"]],
      );
    }
  });
});
