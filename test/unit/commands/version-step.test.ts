import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StateResource } from "../../../commands/stack-outputs";
import { refuseVersionSkip, runningVersions } from "../../../commands/version-step";
import { withFunctions } from "../../../components/plan/functions";
import { mergeFragments } from "../../../components/plan/merge";
import { renderScript } from "../../../components/plan/script";

/** The resource of a control plane's programs, as a state holds it. */
function controlPlane(host: string, version: string): StateResource {
  const program = { url: "", sha256: "0".repeat(64), path: "/usr/local/bin/kube-apiserver" };
  const plan = mergeFragments({ x: { artifacts: [{ ...program, name: "kube-apiserver", version }] } });
  const type = "redoubt:ControlPlane$redoubt:plan:ApplyPlan$command:remote:Command";
  return {
    urn: `urn:pulumi:test::redoubt::${type}::control-plane-${host}-apply`,
    type: "command:remote:Command",
    inputs: { stdin: withFunctions(renderScript(plan, "control-plane"), "kept") },
  };
}

describe("the versions that a cluster runs", () => {
  const halfWay = [controlPlane("control-plane-0", "1.36.3"), controlPlane("control-plane-1", "1.35.4")];
  const refuses = (wanted: string, why: RegExp): void => {
    assert.throws(() => {
      refuseVersionSkip(runningVersions("1.35.4", halfWay), wanted);
    }, why);
  };

  it("are that of the last up that ended well", () => {
    assert.deepEqual(runningVersions("1.35.4", []), ["1.35.4"]);
    assert.deepEqual(runningVersions("1.35.4", [controlPlane("control-plane-0", "1.35.4")]), ["1.35.4"]);
  });

  it("are also those that API servers were brought to by an up that failed after that", () => {
    assert.deepEqual(runningVersions("1.35.4", halfWay), ["1.35.4", "1.36.3"]);
  });

  it("let an up go on from there, and neither back nor further", () => {
    refuseVersionSkip(runningVersions("1.35.4", halfWay), "1.36.3");
    refuses("1.35.4", /kubernetes\.version = "?1\.35\.4"?: is older than the running 1\.36\.3/);
    refuses("1.37.0", /kubernetes\.version = "?1\.37\.0"?: skips a minor version from 1\.35\.4/);
  });

  it("are known also when no up ended well yet, and none before the first one", () => {
    assert.deepEqual(runningVersions(undefined, halfWay), ["1.35.4", "1.36.3"]);
    assert.deepEqual(runningVersions(undefined, []), []);
    refuseVersionSkip([], "1.34.4");
  });
});
