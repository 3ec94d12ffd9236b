import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import { boxPackages, installDebianPackages, localMachinePackages } from "../toolchain/debian-packages";
import { ensureToolchain, ensureTools } from "../toolchain/ensure";
import { findGo } from "../toolchain/go";
import { newestKubernetesVersion } from "../toolchain/manifest";
import { main } from "./main";
import { run } from "./shell";
import { projectFolder } from "./stack";

const machinePackages = [...boxPackages, ...localMachinePackages];

/** Debian packages of what each level runs. */
const packages: Readonly<Record<string, readonly string[]>> = {
  lint: ["shellcheck"],
  unit: ["openssh-client", "openssl", "shellcheck"],
  policies: machinePackages,
  state: [...machinePackages, "python3-venv"],
  aws: [...machinePackages, "python3-venv"],
  cluster: [
    ...machinePackages,
    "haproxy",
    "openssh-client",
    "openssl",
    "qemu-system-x86",
    "shellcheck",
    "sshpass",
  ],
};

/** Every test file below a folder of test/. */
function testFiles(folder: string): string[] {
  return readdirSync(path.join(projectFolder, "test", folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.join("test", folder, file))
    .sort();
}

async function npx(...args: string[]): Promise<void> {
  await run("npx", ["--no-install", ...args], { cwd: projectFolder, env: process.env });
}

/** Every shell script that stands in a file. */
async function shellcheck(): Promise<void> {
  const scripts = ["components", "commands", "drift", ".ci"].flatMap((folder) =>
    readdirSync(path.join(projectFolder, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sh"))
      .map((file) => path.join(folder, file)),
  );
  await run("shellcheck", ["--severity", "style", ...scripts, ".ci/run"], {
    cwd: projectFolder,
    env: process.env,
  });
}

/** The workflows as GitHub reads them: expressions, contexts, inputs of actions, the scripts of their steps. */
async function workflows(): Promise<void> {
  const [actionlint] = await ensureTools(["actionlint"]);
  if (actionlint === undefined) throw new Error("the toolchain gave no actionlint");
  await run(actionlint.program, [], { cwd: projectFolder, env: process.env });
}

async function formattingAndTypes(): Promise<void> {
  await npx("prettier", "--check", "--log-level", "warn", ".");
  await npx("tsc", "--noEmit");
}

/** Waits until all have ended, so that every one has its say. @throws what the first of those threw that failed. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Lint rules, which take longest, beside all that is quicker; every one of them has its say before the level fails. */
async function lint(): Promise<void> {
  const eslint = npx("eslint", "--config", ".ci/eslint.config.mjs", ".");
  await allEnded([eslint, formattingAndTypes(), shellcheck(), workflows()]);
}

/** Files side by side, one for each core, two at least: clusters wait more than they work. */
const concurrency = Math.max(2, availableParallelism());

/** @param report Where the results are written. Default: stdout, as they come. */
async function nodeTest(files: readonly string[], env: NodeJS.ProcessEnv, report = "stdout"): Promise<void> {
  const preloaded = ["./stack/lazy-modules.cjs", "./test/support/plain-output.cjs"];
  const program = [...preloaded.flatMap((file) => ["--require", file]), "--import", "tsx"];
  const reporter = ["--test-reporter=spec", `--test-reporter-destination=${report}`];
  const options = ["--test", ...reporter, `--test-concurrency=${concurrency}`];
  await run(process.execPath, [...program, ...options, ...files], { cwd: projectFolder, env });
}

/** Tests of the programs of ours that are written in Go. */
async function goTests(): Promise<void> {
  const go = await findGo();
  const plugins = readdirSync(path.join(projectFolder, "toolchain/plugins"));
  // Of the last one what needs no file of another module: those are there when it is built.
  const folders = [
    ...plugins.map((plugin) => `plugins/${plugin}`),
    "build/probe",
    "build/cis-benchmark/variables",
  ];
  for (const folder of folders) {
    const cwd = path.join(projectFolder, "toolchain", folder);
    await run(go.program, ["test", "./..."], { cwd, env: go.env });
  }
}

/** Tests that run the engine, with tools that they alone use. */
async function withToolchain(folder: string, tools: readonly string[] = []): Promise<void> {
  const { environment } = await ensureToolchain();
  await ensureTools(tools);
  await nodeTest(testFiles(folder), { ...process.env, ...environment });
}

const awsTools = ["pulumi-resource-aws-test"];

/** What clusters run that configure everything, and what judges them; a command of a test would wait for it. */
const optionalTools = ["metrics-server", "cis-benchmark"];

/** Tools of clusters, one of which comes to another version. */
async function clusterTools(): Promise<NodeJS.ProcessEnv> {
  await ensureToolchain({ kubernetesVersion: newestKubernetesVersion });
  await ensureTools(optionalTools);
  // The default version last: what the operator types is of it.
  const { environment } = await ensureToolchain();
  return { ...process.env, ...environment };
}

/** The emulated account waits most of the time, so its tests cost little beside those of machines; their results are shown after them. */
async function awsBesideCluster(): Promise<void> {
  const env = await clusterTools();
  await ensureTools(awsTools);
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-aws-report-"));
  const report = path.join(folder, "report");
  const aws = nodeTest(testFiles("aws"), env, report);
  try {
    await allEnded([aws, nodeTest(testFiles("cluster"), env)]);
  } finally {
    process.stderr.write("\n== aws, which ran beside it\n");
    process.stdout.write(readFileSync(report));
    rmSync(folder, { recursive: true });
  }
}

const levels: Readonly<Record<string, () => Promise<void>>> = {
  lint,
  unit: () => nodeTest(testFiles("unit"), process.env),
  go: goTests,
  policies: () => withToolchain("policies"),
  state: () => withToolchain("state"),
  aws: () => withToolchain("aws", awsTools),
  cluster: async () => nodeTest(testFiles("cluster"), await clusterTools()),
};

/** `npm test`: all levels, cheapest first; `npm test -- unit` runs one. */
main(async () => {
  const command = new Command("npm test --")
    .description(
      "Prove the project: lint and types, unit tests, Go tests, policies, then a real cluster on machines of this box.",
    )
    .argument("[levels...]", `some of: ${Object.keys(levels).join(", ")} (all of them when none is named)`)
    .parse();
  const wanted = command.args.length === 0 ? Object.keys(levels) : command.args;
  const unknown = wanted.find((level) => !(level in levels));
  if (unknown !== undefined) {
    throw new Error(`there is no test level "${unknown}". Fix: use ${Object.keys(levels).join(", ")}`);
  }
  await installDebianPackages([...new Set(wanted.flatMap((level) => packages[level] ?? []))]);
  const both = wanted.includes("aws") && wanted.includes("cluster");
  for (const level of wanted.filter((name) => !both || name !== "aws")) {
    process.stderr.write(`\n== ${level}\n`);
    await (both && level === "cluster" ? awsBesideCluster() : levels[level]?.());
  }
});
