import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { renderRetire } from "../../../components/node/leave";
import { Node } from "../../../components/node/node";
import { withFunctions } from "../../../components/plan/functions";
import { renderScript } from "../../../components/plan/script";
import { contentsOf, fixtureHost, hostSpecs, nodeArgs, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import { assertNamedUnderParents, ofType, recordStack, type Recording } from "../../support/mocks";
import { assertShellcheckClean } from "../../support/shellcheck";
import { nodePlan } from "./plan";

describe("a node", () => {
  const worker = contentsOf(nodePlan("worker-0"));

  it("gets these files as a worker", () => {
    assertGolden("node/worker-0", worker);
  });

  for (const name of ["control-plane-0", "worker-1"]) {
    it(`gets as ${name} the same, but for these files`, () => {
      const files = Object.entries(contentsOf(nodePlan(name)));
      assert.equal(files.length, Object.keys(worker).length);
      assertGolden(`node/${name}`, Object.fromEntries(files.filter(([path, text]) => worker[path] !== text)));
    });
  }

  it("bears its role as a control plane, and as a worker none", () => {
    const labels = (name: string): string[] =>
      nodePlan(name)
        .readiness.flatMap(({ command }) => command)
        .filter((word) => word.includes(" label "));
    assert.match(
      labels("control-plane-0").join(),
      /kubectl --kubeconfig=\S*super-admin.conf .* label --overwrite node control-plane-0 node-role\.kubernetes\.io\/control-plane= /,
    );
    assert.deepEqual(labels("worker-0"), []);
  });

  it("runs as root only what mounts, routes or confines for others", () => {
    const plan = nodePlan("worker-0");
    const asRoot = plan.units
      .filter(({ content }) => content !== undefined)
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".service") && unitOf(plan, name).service("User") === undefined);
    const lasting = asRoot.filter((name) => unitOf(plan, name).service("Type") !== "oneshot");
    assert.deepEqual(lasting, ["kube-router.service", "kube-proxy.service", "kubelet.service"]);
  });

  it("starts no distribution's unit but containerd", () => {
    const shipped = nodePlan("worker-0").units.filter(({ content }) => content === undefined);
    assert.deepEqual(
      shipped.map(({ name }) => name),
      ["containerd.service"],
    );
  });
});

describe("a node as resources", () => {
  it("is one plan, the one of its subjects", async () => {
    for (const { name } of hostSpecs) {
      const recording = await recordStack(
        () => new Node(`node-${name}`, { ...nodeArgs, host: fixtureHost(name) }),
      );
      const [apply] = ofType(recording, "command:remote:Command").values();
      assert.equal(apply?.name, `node-${name}-plan-apply`);
      assert.equal(apply.inputs["stdin"], withFunctions(renderScript(nodePlan(name), "node"), "kept"));
      assertNamedUnderParents(recording, [`node-${name}`]);
    }
  });

  it("moves its pods and leaves the cluster, by a control plane, before its host goes", async () => {
    const recording = await recordStack(() => {
      const machine = new pulumi.ComponentResource("test:Machine", "machine");
      const leavesBy = {
        connection: { host: "10.77.5.10", hostKey: "ssh-ed25519 AAAA" },
        deletedWith: machine,
      };
      return new Node("node-worker-0", { ...nodeArgs, host: fixtureHost("worker-0"), leavesBy });
    });
    const leave = ofType(recording, "command:remote:Command").get("node-worker-0-leave");
    assert.ok(leave);
    assert.equal((leave.inputs["connection"] as { host: string }).host, "10.77.5.10");
    const script = String(leave.inputs["stdin"]);
    assert.match(script, /ask drain "\$1" [^]*ask delete node "\$1"/);
    assert.match(script, /^leave worker-0$/m);
    // A question that nobody answers must end it: in a test of its own it would read as "no such node".
    assert.match(script, /^ {2}found=\$\(ask get node/m);
    assert.equal(leave.inputs["create"], undefined);
    assert.ok(leave.opts.deletedWith, "a cluster that goes has nobody to leave");
    assertShellcheckClean(script);
  });

  it("is stopped where its host stays, last of all, and only when it leaves", async () => {
    const retire = async (outlivesStack?: boolean): Promise<Recording<void>> =>
      recordStack(() => {
        const leavesBy = {
          connection: { host: "10.77.5.10", hostKey: "ssh-ed25519 AAAA" },
          deletedWith: new pulumi.ComponentResource("test:Machine", "machine"),
        };
        const host = { ...fixtureHost("worker-0"), outlivesStack };
        new Node("node-worker-0", { ...nodeArgs, host, leavesBy });
      });
    assert.equal(ofType(await retire(), "command:local:Command").size, 0, "its machine is deleted");
    const recording = await retire(true);
    const [last] = ofType(recording, "command:local:Command").values();
    assert.ok(last);
    assert.equal(last.name, "node-worker-0-retire");
    assert.deepEqual([last.inputs["create"], last.inputs["update"]], [undefined, undefined]);
    assert.match(String(last.inputs["delete"]), /run-last-script\.ts$/);
    assert.ok(last.opts.deletedWith, "a cluster that is forgotten runs on");
    assert.ok(last.secretInputs.includes("stdin"), "it holds the key of the login");
    const leave = ofType(recording, "command:remote:Command").get("node-worker-0-leave");
    assert.ok([leave?.opts.dependsOn].flat().includes(last.resource), "deletions go the other way round");
  });

  it("is stopped and disabled by that", () => {
    assertShellcheckClean(renderRetire());
    const input = `systemctl() { echo "$@"; }\n${renderRetire()}`;
    const { stdout, status } = spawnSync("bash", ["-s"], { input, encoding: "utf8" });
    assert.equal(status, 0);
    assert.equal(stdout, "disable --now --quiet kubelet.service kube-proxy.service kube-router.service\n");
  });

  it("takes its turn after the node before it, by a control plane, and its plan waits for that", async () => {
    const upgradesBy = {
      connection: { host: "10.77.5.10", hostKey: "ssh-ed25519 AAAA" },
      maxUnavailable: 2,
      drainTimeoutSeconds: 120,
    };
    const recording = await recordStack(() => {
      const before = new Node("node-worker-0", { ...nodeArgs, host: fixtureHost("worker-0"), upgradesBy });
      const args = {
        ...nodeArgs,
        host: fixtureHost("worker-1"),
        upgradesBy: { ...upgradesBy, after: before.turn },
      };
      return new Node("node-worker-1", args);
    });
    const commands = ofType(recording, "command:remote:Command");
    const plans = ofType(recording, "redoubt:plan:ApplyPlan");
    const dependencies = (name: string): unknown[] =>
      [(commands.get(name) ?? plans.get(name))?.opts.dependsOn].flat();
    const resource = (name: string): pulumi.Resource | undefined => commands.get(name)?.resource;
    assert.deepEqual(dependencies("node-worker-1-turn"), [resource("node-worker-0-turn")]);
    assert.deepEqual(dependencies("node-worker-1-plan"), [resource("node-worker-1-turn")]);
    assert.deepEqual(dependencies("node-worker-1-return"), [resource("node-worker-1-plan-apply")]);
    const turn = commands.get("node-worker-1-turn")?.inputs;
    assert.equal((turn?.["connection"] as { host: string }).host, "10.77.5.10");
    assert.match(String(turn?.["stdin"]), /^take_turn worker-1 1\.0\.0 2 120$/m);
  });
});
