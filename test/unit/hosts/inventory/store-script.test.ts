import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  artifactStore,
  receiveCommand,
  renderMissing,
} from "../../../../components/hosts/inventory/store-script";
import { assertShellcheckClean } from "../../../support/shellcheck";

const architecture = { setting: "hosts.aws.architecture", value: "arm64" };
const file = { target: `${artifactStore}/abc/kubelet`, size: 12 };

describe("the store of a host", () => {
  it("is asked for each file by name, size and content, and old versions go", () => {
    const script = renderMissing([file], architecture);
    assert.match(script, new RegExp(`^wanted ${artifactStore}/abc/kubelet 12$`, "m"));
    assert.match(script, /rm --recursive --force --one-file-system "\$folder"/);
    assertShellcheckClean(script);
  });

  it("keeps what an installed program is linked to, whatever the list says", () => {
    const script = renderMissing([], architecture);
    assert.ok(
      script.indexOf('kept[$(dirname "$(readlink "$link")")]=yes') < script.indexOf("rm --recursive"),
    );
    assert.match(script, /for link in \/usr\/local\/bin\/\* \/opt\/cni\/bin\/\*/);
  });

  it("loses nothing on a host of another architecture: that is asked first", () => {
    const script = renderMissing([file], architecture);
    assert.match(script, /^set -euo pipefail\narchitecture=\$\(dpkg --print-architecture\)$/m);
    assert.match(script, /hosts\.aws\.architecture = arm64, but/);
  });

  it("gives a file its name when it has come whole, and not before", () => {
    const command = receiveCommand(file);
    assert.match(command, /^sudo --non-interactive bash -c /);
    const order = ['cat >"$1.part"', "did not come whole", "mv --force"].map((part) => command.indexOf(part));
    assert.deepEqual(
      [...order].sort((left, right) => left - right),
      order,
    );
    assert.ok(!order.includes(-1));
    assert.match(command, / receive \/opt\/redoubt\/store\/abc\/kubelet 12$/);
  });
});
