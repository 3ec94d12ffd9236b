import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StateResource } from "../../../commands/stack-outputs";
import { reachedVersion, refuseVersionSkip } from "../../../commands/version-step";
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

describe("the version that a cluster runs", () => {
  it("is the one of the last up that ended well", () => {
    assert.equal(reachedVersion("1.35.4", []), "1.35.4");
    assert.equal(reachedVersion("1.35.4", [controlPlane("control-plane-0", "1.35.4")]), "1.35.4");
  });

  it("is the one that an API server was brought to by an up that failed after that", () => {
    const hosts = [controlPlane("control-plane-0", "1.36.3"), controlPlane("control-plane-1", "1.35.4")];
    assert.equal(reachedVersion("1.35.4", hosts), "1.36.3");
    assert.throws(() => {
      refuseVersionSkip(reachedVersion("1.35.4", hosts), "1.35.4");
    }, /kubernetes\.version = "?1\.35\.4"?: is older than the running 1\.36\.3/);
  });

  it("is none before the first up that ended well: everything is made anew", () => {
    assert.equal(reachedVersion(undefined, [controlPlane("control-plane-0", "1.36.3")]), undefined);
  });
});
