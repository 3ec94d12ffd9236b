import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram, type TestCluster } from "../../support/cluster";
import { bridgeName } from "../../../components/hosts/local";

/** The engine is killed this long after the first machine exists: in the middle of the hosts' phases. */
const killAfterMilliseconds = 3500;

/** Days that audit logs are kept, after a change. */
const changedMaxAge = 31;

export function interruptionStory(cluster: TestCluster): void {
  describe("An engine that was killed in the middle of up", () => {
    it("leaves a first up that the next one completes, without any manual step", async () => {
      const { processGroup, outcome } = cluster.start("up");
      const machines = `/var/lib/redoubt-machines/${cluster.stack}`;
      const end = Date.now() + 120_000;
      while (!(existsSync(machines) && readdirSync(machines).length > 1) && Date.now() < end) await sleep(50);
      await sleep(killAfterMilliseconds);
      process.kill(-processGroup, "SIGKILL");
      assert.notEqual((await outcome).code, 0);

      const again = await cluster.npmRun("up");
      assert.equal(again.code, 0, again.stdout + again.stderr);
      assert.match(again.stderr, /released the lock of an engine that was killed/);
      assert.doesNotMatch(again.stdout + again.stderr, /pending operations/);
    });

    it("leaves a change half-done that the next up completes, once it has looked for what was done", async () => {
      cluster.editConfiguration((block) => {
        block("apiServer")["auditLog"] = { maxAge: changedMaxAge };
      });
      const alreadyLogged = cluster.log().length;
      const isApplying = (): boolean =>
        cluster.log().slice(alreadyLogged).includes("control-plane-control-plane-0-apply updating");
      const { processGroup, outcome } = cluster.start("up");
      const end = Date.now() + 120_000;
      while (!isApplying() && Date.now() < end) await sleep(50);
      process.kill(-processGroup, "SIGKILL");
      assert.notEqual((await outcome).code, 0);
      assert.ok(isApplying());
      // Who looks in between takes nothing away of what the next up must know.
      const preview = await cluster.npmRun("preview");
      assert.equal(preview.code, 0, preview.stderr);

      const again = await cluster.npmRun("up");
      assert.equal(again.code, 0, again.stdout + again.stderr);
      assert.match(again.stderr, /the last up was cut off; looking for what it left half-done/);
      const running = cluster.ssh(
        cluster.outputs(),
        "control-plane-0",
        "pgrep --full --list-full ^/usr/local/bin/kube-apiserver",
      );
      assert.ok(running.stdout.includes(`--audit-log-maxage=${changedMaxAge}`), running.stdout);
    });
  });
}

const machinesOf = (stack: string): string => `/var/lib/redoubt-machines/${stack}`;

/** Names of the machines that a stack has on this box. */
function machineNames(stack: string): string[] {
  const machines = machinesOf(stack);
  return (existsSync(machines) ? readdirSync(machines) : []).filter((name) =>
    existsSync(`${machines}/${name}/definition.env`),
  );
}

/** Under which the control groups of a stack's machines go; to be asked before they are removed. */
export function machineIds(stack: string): string[] {
  return machineNames(stack).map((name) =>
    readFileSync(`${machinesOf(stack)}/${name}/upper/etc/machine-id`, "utf8").trim(),
  );
}

/** Fails when a removed stack left a machine, disk, mount, bridge, address or cgroup. */
export function assertNothingLeft(stack: string, ids: readonly string[]): void {
  assert.equal(existsSync(machinesOf(stack)), false);
  assert.doesNotMatch(runProgram("cat", ["/proc/mounts"]).stdout, new RegExp(stack));
  assert.notEqual(runProgram("ip", ["link", "show", "dev", bridgeName(stack)]).code, 0);
  assert.equal(runProgram("pgrep", ["--full", `--machine=${stack}-`]).stdout, "");
  for (const name of [stack, ...ids]) {
    assert.equal(runProgram("find", ["/sys/fs/cgroup", "-name", `*${name}*`]).stdout, "");
  }
}

export function destroyStory(cluster: TestCluster): void {
  const defined = (): string[] => machineNames(cluster.stack);

  describe("Destroy", () => {
    let ids: readonly string[] = [];

    it("that is killed in the middle lets nothing happen but another one", async () => {
      const before = defined();
      ids = machineIds(cluster.stack);
      assert.equal(before.length, 3);
      const { processGroup, outcome } = cluster.start("destroy");
      const end = Date.now() + 60_000;
      while (defined().length === before.length && Date.now() < end) await sleep(20);
      process.kill(-processGroup, "SIGKILL");
      assert.notEqual((await outcome).code, 0);
      const { code, stderr } = await cluster.npmRun("up");
      assert.notEqual(code, 0);
      assert.match(stderr, /its removal was cut off, .* Fix: npm run destroy -- --stack/);
    });

    it("leaves no machine, disk, mount, bridge, address or cgroup", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("destroy");
      assert.equal(code, 0, stdout + stderr);
      assertNothingLeft(cluster.stack, ids);
    });
  });
}
