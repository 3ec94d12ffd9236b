import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram, type TestCluster } from "../../support/cluster";
import { bridgeName } from "../../../components/hosts/local";

/** The engine is killed this long after the first machine exists: in the middle of the hosts' phases. */
const killAfterMilliseconds = 3500;

export function interruptionStory(cluster: TestCluster): void {
  describe("An engine that was killed in the middle of up", () => {
    it("leaves a stack that the next up completes, without any manual step", async () => {
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
  });
}

export function destroyStory(cluster: TestCluster): void {
  describe("Destroy", () => {
    it("leaves no machine, disk, mount, bridge, address or cgroup", async () => {
      const machines = `/var/lib/redoubt-machines/${cluster.stack}`;
      const ids = readdirSync(machines)
        .filter((name) => existsSync(`${machines}/${name}/definition.env`))
        .map((name) => readFileSync(`${machines}/${name}/upper/etc/machine-id`, "utf8").trim());
      assert.ok(ids.length > 0);
      const { code, stdout, stderr } = await cluster.npmRun("destroy");
      assert.equal(code, 0, stdout + stderr);
      assert.equal(existsSync(`/var/lib/redoubt-machines/${cluster.stack}`), false);
      assert.doesNotMatch(runProgram("cat", ["/proc/mounts"]).stdout, new RegExp(cluster.stack));
      assert.notEqual(runProgram("ip", ["link", "show", "dev", bridgeName(cluster.stack)]).code, 0);
      assert.equal(runProgram("pgrep", ["--full", `--machine=${cluster.stack}-`]).stdout, "");
      for (const name of [cluster.stack, ...ids]) {
        assert.equal(runProgram("find", ["/sys/fs/cgroup", "-name", `*${name}*`]).stdout, "");
      }
    });
  });
}
