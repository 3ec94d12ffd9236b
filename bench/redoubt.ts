import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { TestCluster, type Outcome } from "../test/support/cluster";
import { testConfiguration } from "../test/cluster/configuration";
import { projectFolder } from "../commands/stack";
import type { Phases } from "./stopwatch";

/** Which resources make a phase; a phase is done when the last of them is. */
const phasesOf: readonly (readonly [phase: string, resource: RegExp])[] = [
  ["machines booted", /local:Command machines-/],
  ["hosts hardened", /-plan-confirm /],
  ["keys on hosts", /-secrets-write /],
  ["etcd serves", /etcd-.*-apply /],
  ["control plane ready", /control-plane-control-plane-.*-apply /],
  ["all nodes Ready", /node-.*-plan-apply /],
  ["roles and policies", /(rbac|networking)\.k8s\.io/],
  ["DNS answers", /Deployment coredns-deployment /],
  ["probe passed", /probe-run /],
];

/** What one life of our cluster took, in seconds. */
export interface RedoubtRun {
  /** When each phase of `up` was done, counted from its start; phases overlap. */
  readonly up: Phases;
  readonly total: number;
  readonly noOpUp: number;
  readonly preview: number;
  readonly destroy: number;
}

/** Runs `npm run up` and notes when each resource was created. */
function timedUp(cluster: TestCluster): Promise<{ phases: Phases; total: number }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const phases: Record<string, number> = {};
    const args = ["run", "--silent", "up", "--", "--stack", cluster.stack];
    const child = spawn("npm", args, {
      cwd: projectFolder,
      env: cluster.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (!line.includes(" created (")) return;
      const phase = phasesOf.find(([, resource]) => resource.test(line))?.[0];
      if (phase !== undefined) phases[phase] = (performance.now() - start) / 1000;
    });
    createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
    child.on("close", (code) => {
      if (code === 0) resolve({ phases, total: (performance.now() - start) / 1000 });
      else reject(new Error(`npm run up failed: ${lines.slice(-20).join("\n")}`));
    });
  });
}

async function timed(work: () => Promise<Outcome>): Promise<number> {
  const start = performance.now();
  const outcome = await work();
  if (outcome.code !== 0) throw new Error(outcome.stdout + outcome.stderr);
  return (performance.now() - start) / 1000;
}

/**
 * Our cluster from machines switched off: the hardened cluster with all nodes Ready, policies, roles, DNS answering and the probe passed;
 * then `up` without a change, `preview` and `destroy`.
 */
export async function benchRedoubt(): Promise<RedoubtRun> {
  const cluster = new TestCluster("bench", testConfiguration);
  try {
    const { phases, total } = await timedUp(cluster);
    const noOpUp = await timed(() => cluster.npmRun("up", ["--expect-no-changes"]));
    const preview = await timed(() => cluster.npmRun("preview"));
    const destroy = await timed(() => cluster.npmRun("destroy"));
    return { up: phases, total, noOpUp, preview, destroy };
  } finally {
    await cluster.remove();
  }
}
