import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { freshCertificate } from "../../../components/node/fresh-certificate";
import { firstGeneration } from "../../../components/pki/authority-generations";
import { assertShellcheckClean } from "../../support/shellcheck";
import { issueTestIdentity, type TestIdentity } from "../../support/webhook-identity";

describe("the certificate that a kubelet renews itself", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "fresh-"));
    for (const name of ["kubelet", "pki"]) mkdirSync(path.join(folder, name));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const old = issueTestIdentity("system:node:w-1");
  const fresh = issueTestIdentity("system:node:w-1");
  const renamed = issueTestIdentity("system:node:w-10");
  const second = { issuing: 2, trusted: [1, 2] };
  const [step] = freshCertificate({ nodeName: "w-1", authorities: second }).steps ?? [];
  const check = step?.unless.at(-1) ?? "";
  const repair = step?.command.at(-1) ?? "";
  const current = (): string => path.join(folder, "kubelet", "kubelet-client-current.pem");
  /** Runs a script of the step with files and a systemctl of the test. */
  const run = (script: string, kubelet: "active" | "inactive" = "active"): number | null => {
    const systemctl = path.join(folder, "systemctl");
    const answer = kubelet === "active" ? 0 : 3;
    writeFileSync(
      systemctl,
      `#!/bin/bash\necho "$*" >>${folder}/calls\n[ "$1" != is-active ] || exit ${answer}\n`,
    );
    chmodSync(systemctl, 0o755);
    const text = script
      .replaceAll("/var/lib/kubelet/pki", `${folder}/kubelet`)
      .replaceAll("/etc/kubernetes/pki", `${folder}/pki`);
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    return spawnSync("bash", ["-c", text], { env }).status;
  };
  const hold = (own: TestIdentity | undefined, authority = fresh): void => {
    writeFileSync(path.join(folder, "pki", "ca.crt"), authority.certificateAuthority);
    if (own !== undefined) writeFileSync(current(), own.certificate + own.privateKey);
  };

  it("stays when the generation that issues made it", () => {
    hold(fresh);
    assert.equal(run(check), 0);
  });

  it("goes when a generation before made it, all copies of its key too, and the kubelet begins again", () => {
    hold(old);
    assert.notEqual(run(check), 0);
    writeFileSync(path.join(folder, "kubelet", "kubelet-client-2026-01-01.pem"), "old");
    writeFileSync(path.join(folder, "kubelet", "kubelet.key"), "of the server");
    assert.equal(run(repair), 0);
    assert.equal(existsSync(current()), false);
    assert.equal(existsSync(path.join(folder, "kubelet", "kubelet-client-2026-01-01.pem")), false);
    assert.equal(existsSync(path.join(folder, "kubelet", "kubelet.key")), true);
    assert.match(readFileSync(path.join(folder, "calls"), "utf8"), /^try-restart kubelet\.service$/m);
  });

  it("is made up for when a run was cut off after it went, and not awaited of a kubelet that never ran", () => {
    hold(undefined);
    assert.notEqual(run(check, "active"), 0);
    assert.equal(run(check, "inactive"), 0);
  });

  it("goes when it is of another node, as after the host was renamed", () => {
    hold(renamed, renamed);
    assert.notEqual(run(check), 0);
    const [ofRenamed] = freshCertificate({ nodeName: "w-10", authorities: firstGeneration }).steps ?? [];
    assert.equal(run(ofRenamed?.unless.at(-1) ?? "false"), 0);
  });

  it("is looked at again when another generation issues", () => {
    const at = (issuing: number): string =>
      JSON.stringify(freshCertificate({ nodeName: "w-1", authorities: { issuing, trusted: [1, 2] } }));
    assert.notEqual(at(1), at(2));
  });

  it("is looked after by clean scripts", () => {
    assertShellcheckClean(check);
    assertShellcheckClean(repair);
  });
});
