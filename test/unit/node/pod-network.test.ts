import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { nodePlan } from "./plan";
import { contentsOf } from "../../support/fixture-cluster";

const unit = "redoubt-pod-routes.service";

describe("the routes to other nodes' pods", () => {
  const plan = nodePlan("worker-0");
  const step = plan.steps.find(({ description }) => description.startsWith("routes to the pods"));
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Whether the step's check is content on a host whose tools say this. */
  const isContent = (active: boolean, shown: string): boolean => {
    const routes = path.join(folder, "pod-routes");
    writeFileSync(routes, contentsOf(plan)["/etc/kubernetes/pod-routes"] ?? "");
    writeFileSync(path.join(folder, "systemctl"), `#!/bin/sh\nexit ${active ? 0 : 3}\n`);
    writeFileSync(path.join(folder, "ip"), `#!/bin/sh\n${shown}\n`);
    for (const name of ["systemctl", "ip"]) chmodSync(path.join(folder, name), 0o755);
    const [program = "", ...args] = (step?.unless ?? []).map((word) =>
      word.replace("/etc/kubernetes/pod-routes", routes),
    );
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    return spawnSync(program, args, { env }).status === 0;
  };
  const everyRoute =
    'case $5 in *.0/24) via=$(grep -F "$5" "$(dirname "$0")/pod-routes"); echo "$5 via ${via##* } dev eth0";; esac';

  it("are looked for in the kernel, each with its way, and laid anew where one is missing", () => {
    assert.deepEqual(step?.command, ["systemctl", "restart", unit]);
    assert.equal(isContent(true, everyRoute), true);
    assert.equal(isContent(true, "true"), false);
    assert.equal(isContent(true, 'echo "$5 via 192.0.2.1 dev eth0"'), false);
  });

  it("are the unit's own to lay as long as it has not ended", () => {
    assert.equal(isContent(false, "true"), true);
  });

  it("are left alone by systemd-networkd, which takes away what it did not make", () => {
    const content = contentsOf(plan)["/etc/systemd/networkd.conf.d/90-redoubt.conf"];
    assert.equal(content, "[Network]\nManageForeignRoutes=no\n");
  });
});

describe("the addresses of pods", () => {
  it("CIS 1.1.9, 1.1.10: are kept in files of root's alone, the plugin's lock too", () => {
    const { files, directories } = nodePlan("worker-0");
    const lock = files.find(({ path }) => path === "/var/lib/cni/networks/redoubt/lock");
    assert.deepEqual([lock?.mode, lock?.owner ?? "root", lock?.group ?? "root"], ["0600", "root", "root"]);
    const folder = directories.find(({ path }) => path === "/var/lib/cni/networks/redoubt");
    assert.equal(folder?.mode, "0700");
    const configuration = contentsOf(nodePlan("worker-0"))["/etc/cni/net.d/10-redoubt.conflist"] ?? "";
    assert.equal((JSON.parse(configuration) as { name: string }).name, "redoubt");
  });
});
