import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { SafeRestartSpec } from "../../../components/plan/plan";
import { renderScript } from "../../../components/plan/script";
import { renderSecretScript } from "../../../components/plan/secret-script";
import { ConvergeHost, type ConvergeOutcome } from "../../support/converge";

let host: ConvergeHost;

/** The service works when what it was started with has the word `works` and not the word `fails`. */
function safeRestart(): SafeRestartSpec {
  const running = `${host.folder}/running`;
  return {
    ready: ["sh", "-c", `grep -q works ${running} && ! grep -q fails ${running}`],
    timeoutSeconds: 1,
    check: ["sh", "-c", `! cat {}${host.folder}/etc/* ${host.path("secret")} | grep refused`],
  };
}

/** The plan of a service with one file, and perhaps another that is to be gone. */
function planOf(config: string, absent: readonly string[] = []): string {
  const { owner } = host;
  const plan = mergeFragments({
    x: {
      files: [{ path: host.path("config"), content: `${config}\n`, owner, group: owner }],
      absent: absent.map((name) => host.path(name)),
      units: [{ name: "x.service", restartOn: [host.path("config")], safeRestart: safeRestart() }],
    },
  });
  return renderScript(plan, "test");
}

function secretsOf(secrets: Readonly<Record<string, string>>): string {
  const { owner } = host;
  return renderSecretScript(
    [],
    Object.entries(secrets).map(([name, content]) => ({
      path: host.path(name),
      owner,
      group: owner,
      content: `${content}\n`,
      restart: ["x.service"],
    })),
  );
}

function apply(script: string, cutOffAt?: string): ConvergeOutcome {
  return host.run(script, cutOffAt);
}

const works = "works 1";

beforeEach(() => {
  host = new ConvergeHost();
  assert.equal(apply(secretsOf({ secret: "s1" })).code, 0);
  const first = apply(planOf(works));
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(first.changed, [`file ${host.path("config")}`, "unit x.service started"]);
  assert.equal(host.restarts(), 1);
});
afterEach(() => {
  host.remove();
});

describe("a unit that restarts safely", () => {
  it("is not touched by the same plan again", () => {
    const again = apply(planOf(works));
    assert.deepEqual([again.code, again.changed, host.restarts()], [0, [], 0]);
    assert.deepEqual([apply(secretsOf({ secret: "s1" })).changed, host.restarts()], [[], 0]);
  });

  it("takes up a configuration that works", () => {
    const { code, changed } = apply(planOf("works 2"));
    assert.equal(code, 0);
    assert.deepEqual(changed, [`file ${host.path("config")}`, "unit x.service restarted"]);
    assert.match(host.read("running"), /works 2/);
    assert.equal(host.restarts(), 1);
  });

  it("neither restarts nor loses a file when the check refuses the new one", () => {
    const { code, stderr } = apply(planOf("works refused"));
    assert.equal(code, 1);
    assert.match(stderr, /unit x\.service: the new configuration was refused by its check/);
    assert.equal(host.read("etc/config"), `${works}\n`);
    assert.equal(host.restarts(), 0);
    assert.deepEqual([apply(planOf(works)).changed, host.restarts()], [[], 0]);
  });

  for (const [how, config] of [
    ["never becomes ready", "fails"],
    ["does not start", "crash"],
  ] as const) {
    it(`comes back as it was when it ${how}, and the run fails with the end of its log`, () => {
      const { code, stderr } = apply(planOf(config));
      assert.equal(code, 1);
      assert.match(stderr, /unit x\.service: not ready within 1 s/);
      assert.match(stderr, /the log of the service/);
      assert.match(stderr, new RegExp(`runs with the old one again\\. Put back: ${host.path("config")}`));
      assert.equal(host.read("etc/config"), `${works}\n`);
      assert.match(host.read("running"), /works 1/);
      assert.equal(host.restarts(), 2);
      assert.deepEqual([apply(planOf(works)).changed, host.restarts()], [[], 0]);
      assert.equal(apply(planOf("works 3")).code, 0);
    });
  }

  it("does not take for good what a run left behind that was cut off before the restart", () => {
    assert.equal(apply(planOf("fails"), "  read_units\n").code, 9);
    assert.equal(host.read("etc/config"), "fails\n");
    const { code, stderr } = apply(planOf("fails"));
    assert.equal(code, 1, stderr);
    assert.equal(host.read("etc/config"), `${works}\n`);
    assert.match(host.read("running"), /works 1/);
  });

  it("makes up for a restart that a run was cut off before", () => {
    assert.equal(apply(planOf("works 2"), "  read_units\n").code, 9);
    const { code, changed } = apply(planOf("works 2"));
    assert.deepEqual([code, changed], [0, ["unit x.service restarted"]]);
    assert.match(host.read("running"), /works 2/);
  });

  it("is helped up when it is down because of a file that was broken by hand", () => {
    host.write("etc/secret", "crash\n");
    host.run("systemctl restart x.service || true; echo '{\"changed\":[]}'");
    assert.equal(existsSync(path.join(host.folder, "running")), false);
    const { code, stderr } = apply(planOf("works 2"));
    assert.equal(code, 1);
    assert.match(stderr, /Put back: .*secret/);
    assert.match(host.read("running"), /works 1\ns1/);
  });

  it("keeps a file that is to go although what runs with it is known no longer", () => {
    const old = host.path("old");
    assert.equal(apply(secretsOf({ secret: "s1", old: "works" })).code, 0);
    assert.equal(apply(secretsOf({ secret: "s2 works" })).code, 0);
    assert.equal(apply(planOf("works refused", ["old"])).code, 1);
    assert.ok(existsSync(old));
  });

  it("keeps a file that is to go until the new configuration works without it", () => {
    host.write("etc/old", "old\n");
    const withOld = mergeFragments({
      x: {
        files: [
          { path: host.path("config"), content: "works 2\n", owner: host.owner, group: host.owner },
          { path: host.path("old"), content: "old\n", owner: host.owner, group: host.owner },
        ],
        units: [
          {
            name: "x.service",
            restartOn: [host.path("config"), host.path("old")],
            safeRestart: safeRestart(),
          },
        ],
      },
    });
    assert.equal(apply(renderScript(withOld, "test")).code, 0);
    assert.equal(apply(planOf("fails", ["old"])).code, 1);
    assert.match(host.read("running"), /works 2\nold/);
    assert.equal(apply(planOf("works 3", ["old"])).code, 0);
    assert.equal(existsSync(host.path("old")), false);
  });
});

describe("secret files of a unit that restarts safely", () => {
  it("restart it when they changed", () => {
    const { code, changed } = apply(secretsOf({ secret: "s2" }));
    assert.deepEqual([code, changed], [0, [`file ${host.path("secret")}`]]);
    assert.match(host.read("running"), /s2/);
    assert.equal(host.restarts(), 1);
  });

  it("restart nobody when they were not there before", () => {
    assert.equal(apply(secretsOf({ secret: "s1", new: "n" })).code, 0);
    assert.equal(host.restarts(), 0);
  });

  it("wait for the check", () => {
    const { code, stderr } = apply(secretsOf({ secret: "refused" }));
    assert.equal(code, 1);
    assert.match(stderr, /refused by its check/);
    assert.equal(host.read("etc/secret"), "s1\n");
    assert.equal(host.restarts(), 0);
  });

  it("are put back when it does not work with them", () => {
    const { code, stderr } = apply(secretsOf({ secret: "fails" }));
    assert.equal(code, 1);
    assert.match(stderr, /runs with the old one again/);
    assert.equal(host.read("etc/secret"), "s1\n");
    assert.match(host.read("running"), /works 1\ns1/);
    assert.deepEqual([apply(planOf(works)).changed, apply(secretsOf({ secret: "s1" })).changed], [[], []]);
  });

  it("are taken up by the next run when this one was cut off before the restart", () => {
    assert.equal(apply(secretsOf({ secret: "s2" }), '  for mark in "$engine_state"/units/*.pending').code, 9);
    assert.equal(apply(secretsOf({ secret: "s2" })).code, 0);
    assert.match(host.read("running"), /s2/);
  });

  it("lie in the copies as private as in their places", () => {
    const copies = path.join(host.folder, "state");
    const open = host.run(`find ${copies} -perm /077 -type d >${host.folder}/open; echo '{"changed":[]}'`);
    assert.equal(open.code, 0);
    assert.equal(host.read("open"), "");
    assert.match(host.read(`state/safe/x.service/good/files${host.path("secret")}`), /s1/);
  });

  it("are taken up unchecked and unjudged where it runs and serves nobody: they may be what it lacks, or another host may have that", () => {
    host.write("running", "fails\n");
    const { code, stderr } = apply(secretsOf({ secret: "refused" }));
    assert.equal(code, 0, stderr);
    assert.equal(host.read("etc/secret"), "refused\n");
    assert.equal(host.restarts(), 1);
    host.write("running", "fails\n");
    const unjudged = apply(secretsOf({ secret: "fails" }));
    assert.equal(unjudged.code, 0, unjudged.stderr);
    assert.match(unjudged.stderr, /unit x\.service: it did not serve before, and does not yet/);
    assert.equal(host.read("etc/secret"), "fails\n");
  });

  for (const [state, restarts] of [
    ["activating\nstart", 1],
    ["activating\nauto-restart", 0],
  ] as const) {
    it(`restart a unit that is ${state.replace("\n", ", ")} ${restarts === 0 ? "not: it will read them" : "too: it may have read the old ones"}`, () => {
      host.write("unit-state", `${state}\n`);
      assert.equal(apply(secretsOf({ secret: "s2 works" })).code, 0);
      assert.equal(host.restarts(), restarts);
    });
  }

  it("are not judged by a unit that is still starting: what it waits for may come later", () => {
    host.write("unit-state", "activating\nstart\n");
    assert.equal(apply(secretsOf({ secret: "s2 crash" })).code, 0);
    assert.match(host.read("etc/secret"), /s2 crash/);
  });
});
