import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metadataGuard, renderMetadataGuard } from "../../../../components/hosts/aws/metadata-guard";
import { mergeFragments } from "../../../../components/plan/merge";
import { renderScript } from "../../../../components/plan/script";
import { unitOf } from "../../../support/fixture-cluster";
import { assertGolden } from "../../../support/golden";
import { assertShellcheckClean } from "../../../support/shellcheck";

const plan = mergeFragments({ "metadata-guard": metadataGuard() });

describe("the metadata service of AWS, on a host", () => {
  it("answers root, and nobody else: not another user, not a pod", () => {
    assertGolden("aws-metadata-guard", { "/etc/redoubt/metadata.nft": renderMetadataGuard() });
  });

  it("is shut off by a table of its own, which flushes no other", () => {
    assert.match(
      renderMetadataGuard(),
      /^table inet redoubt_metadata\ndelete table inet redoubt_metadata\n/m,
    );
    assert.doesNotMatch(renderMetadataGuard(), /flush/);
  });

  it("is shut off before the first pod is started", () => {
    const unit = unitOf(plan, "redoubt-metadata-guard.service");
    assert.deepEqual(unit.all("Unit", "Before"), ["containerd.service", "kubelet.service"]);
  });

  it("is shut off by a clean script", () => {
    assertShellcheckClean(renderScript(plan, "harden"));
  });
});
