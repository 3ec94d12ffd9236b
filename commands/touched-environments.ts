import { readdirSync } from "node:fs";
import { Command } from "commander";
import { sharedEnvironments, touchedEnvironments } from "../report/touched-environments";
import { main } from "./main";
import { run } from "./shell";
import { projectFolder } from "./stack";

async function changedFiles(base: string): Promise<string[]> {
  // Three dots: what this branch changed, not what the other one did since they parted.
  const args = ["diff", "--name-only", "--no-renames", `${base}...HEAD`, "--"];
  const listed = await run("git", args, { cwd: projectFolder, env: process.env, stdout: "capture" });
  return listed.split("\n").filter((file) => file !== "");
}

/** `npm run touched-environments`: which environments a pipeline must look at, as a JSON list. */
main(async () => {
  const command = new Command("npm run touched-environments --")
    .description("List the environments that a change touches, as JSON; local ones of a box are left out.")
    .option("--base <commit>", "what to compare with; default: list all environments")
    .parse();
  const { base } = command.opts<{ base?: string }>();
  const environments = sharedEnvironments(readdirSync(projectFolder));
  const touched =
    base === undefined ? environments : touchedEnvironments(await changedFiles(base), environments);
  process.stdout.write(`${JSON.stringify(touched)}\n`);
});
