import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { ProgressLines } from "../e2e/progress-line";
import { readSpecReport, type SpecReport } from "../e2e/spec-report";
import { forwardSignals } from "./shell";

/** Which of Kubernetes' tests. */
export interface TestChoice {
  readonly focus: string;
  readonly skip: string;
}

/** What runs them. */
export interface TestRun extends TestChoice {
  readonly program: string;
  /** The administrator's. */
  readonly kubeconfig: string;
  /** Some tests call kubectl, the cluster's. */
  readonly env: NodeJS.ProcessEnv;
  /** File that gets all that they say. */
  readonly log: string;
}

/**
 * Runs the tests to their end; each is told as it ends.
 *
 * @throws when they did not write their report.
 */
export async function runKubernetesTests({
  program,
  kubeconfig,
  env,
  log,
  focus,
  skip,
}: TestRun): Promise<SpecReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-e2e-"));
  const file = path.join(folder, "kubeconfig");
  const report = path.join(folder, "report.json");
  try {
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const args = [
      "--provider=skeleton",
      `--kubeconfig=${file}`,
      "--disable-log-dump",
      `--ginkgo.focus=${focus}`,
      `--ginkgo.skip=${skip}`,
      `--ginkgo.json-report=${report}`,
      ...["--ginkgo.v", "--ginkgo.no-color", "--ginkgo.timeout=24h"],
    ];
    // Some of them leave folders where temporary ones are made.
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...env, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stopForwarding = forwardSignals(child);
    const written = createWriteStream(log, { mode: 0o600 });
    child.stdout.pipe(written, { end: false });
    child.stderr.pipe(written, { end: false });
    const lines = new ProgressLines();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ended = lines.read(line);
      if (ended !== undefined)
        process.stderr.write(`${ended.passed ? "passed" : "FAILED"} in ${ended.took}: ${ended.name}\n`);
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        child.kill();
        reject(error);
      };
      written.on("error", fail);
      child.on("error", fail).on("close", () => {
        written.end(resolve);
      });
    }).finally(stopForwarding);
    try {
      return readSpecReport(readFileSync(report, "utf8"));
    } catch (error) {
      throw new Error(`the tests ended without a report, see ${log}`, { cause: error });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
