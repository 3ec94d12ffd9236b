import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { renderFormerClusterCheck } from "../../../../components/hosts/inventory/former-cluster-check";
import { assertShellcheckClean } from "../../../support/shellcheck";

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const [older, newer] = [pem("older"), pem("newer")];

describe("the check for a former cluster", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "former-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const put = (file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  };
  const authority = "/etc/kubernetes/pki/ca.crt";

  /** Runs the check, and then something else, on a host whose files lie below the root. */
  function run(authorities: string): { readonly stdout: string; readonly stderr: string } {
    const check = renderFormerClusterCheck(authorities)
      .replaceAll("/etc/kubernetes/pki", `${root}/etc/kubernetes/pki`)
      .replaceAll("/var/lib/etcd/member", `${root}/var/lib/etcd/member`);
    return spawnSync("bash", ["-s"], {
      input: `set -euo pipefail\n${check}echo changed\n`,
      encoding: "utf8",
    });
  }
  const goesOn = (authorities: string): void => {
    const { stdout, stderr } = run(authorities);
    assert.deepEqual([stdout, stderr], ["changed\n", ""]);
  };
  const ends = (authorities: string, file: string): void => {
    const { stdout, stderr } = run(authorities);
    assert.equal(stdout, "");
    assert.ok(stderr.startsWith(`${root}${file} is of a cluster that this stack does not know`), stderr);
    assert.match(
      stderr,
      /Fix: restore the state; or reinstall the host, after you have saved \/etc\/kubernetes\/kube-apiserver\/encryption\.yaml and \/var\/lib\/etcd /,
    );
  };

  it("lets a host go on that was in no cluster", () => {
    goesOn(newer);
    put(authority, "");
    goesOn(newer);
  });

  it("lets a host of this cluster go on, with what etcd holds, also while authorities are rotated", () => {
    put("/var/lib/etcd/member/wal/0", "");
    put(authority, older);
    goesOn(older);
    goesOn(older + newer);
    put(authority, newer);
    goesOn(older + newer);
  });

  it("ends on a host of another cluster, or of one whose authority the stack trusts no more", () => {
    put(authority, older);
    ends(newer, authority);
    ends("", authority);
  });

  it("ends on a host with etcd's data and no authority", () => {
    put("/var/lib/etcd/member/wal/0", "");
    ends(newer, "/var/lib/etcd/member");
  });

  it("is a clean script", () => {
    assertShellcheckClean(renderFormerClusterCheck(older + newer));
  });
});
