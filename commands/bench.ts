import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { benchKubeadm } from "../bench/kubeadm";
import { benchRedoubt, type RedoubtRun } from "../bench/redoubt";
import { renderPlot, renderTable } from "../bench/report";
import type { Phases } from "../bench/stopwatch";
import { readArtifacts } from "../components/config/artifacts";
import { ensureToolchain } from "../toolchain/ensure";
import { main } from "./main";
import { projectFolder } from "./stack";

/** `npm run bench`: our cluster against kubeadm's, on the same machines and binaries, in one run. */
main(async () => {
  const command = new Command("npm run bench --")
    .description("Time our cluster against a plain one by kubeadm, from machines switched off, on this box.")
    .option("--runs <n>", "how often each is built, in turn", "3")
    .parse();
  const runs = Number(command.opts<{ runs: string }>().runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error("--runs must be a whole number from 1. Fix: --runs 3");
  const { environment } = await ensureToolchain({ bench: true });
  Object.assign(process.env, environment);
  const catalogue = readArtifacts();
  const redoubt: RedoubtRun[] = [];
  const kubeadm: Phases[] = [];
  for (let run = 1; run <= runs; run++) {
    process.stderr.write(`run ${run} of ${runs}: redoubt\n`);
    redoubt.push(await benchRedoubt());
    process.stderr.write(`run ${run} of ${runs}: kubeadm\n`);
    kubeadm.push(await benchKubeadm(catalogue));
  }
  const measurements = { redoubt, kubeadm };
  const folder = path.join(projectFolder, "bench", "results");
  mkdirSync(folder, { recursive: true });
  const base = path.join(folder, new Date().toISOString().slice(0, 19).replaceAll(":", ""));
  writeFileSync(`${base}.json`, `${JSON.stringify(measurements, null, 2)}\n`);
  writeFileSync(`${base}.svg`, await renderPlot(measurements));
  process.stdout.write(renderTable(measurements));
  process.stdout.write(`written: ${base}.json and .svg\n`);
});
