import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { renderArchitectureCheck } from "../../../../components/hosts/inventory/architecture-check";
import { assertShellcheckClean } from "../../../support/shellcheck";

const folder = mkdtempSync(path.join(tmpdir(), "architecture-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const check = (architecture: string): string =>
  renderArchitectureCheck("hosts.inventory.architecture", architecture);

/** Runs the check, and then something else, on a host whose dpkg says `actual`. */
function run(wanted: string, actual: string): { readonly stdout: string; readonly stderr: string } {
  const dpkg = path.join(folder, "dpkg");
  writeFileSync(dpkg, `#!/bin/sh\n[ "$*" = --print-architecture ] && echo ${actual}\n`);
  chmodSync(dpkg, 0o755);
  return spawnSync("bash", ["-s"], {
    input: `set -euo pipefail\n${check(wanted)}echo changed\n`,
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
    encoding: "utf8",
  });
}

describe("the check of a host's architecture", () => {
  for (const same of ["amd64", "arm64"]) {
    it(`lets a host go on whose Debian is for ${same}, as the setting says`, () => {
      const { stdout, stderr } = run(same, same);
      assert.deepEqual([stdout, stderr], ["changed\n", ""]);
    });
  }

  for (const [wanted, actual] of [
    ["amd64", "arm64"],
    ["arm64", "amd64"],
    ["arm64", "armhf"],
    ["amd64", "i386"],
  ] as const) {
    it(`ends on a host for ${actual} where ${wanted} is asked for, and says setting, value and fix`, () => {
      const { stdout, stderr } = run(wanted, actual);
      assert.equal(stdout, "");
      assert.equal(
        stderr,
        `hosts.inventory.architecture = ${wanted}, but Debian on this host is for ${actual}. Fix: set hosts.inventory.architecture to what all hosts are, amd64 or arm64, or leave this host out\n`,
      );
    });
  }

  it("is a clean script", () => {
    assertShellcheckClean(check("arm64"));
  });
});
