import { Option } from "commander";
import { main } from "./main";
import { stackCommand, stackOptions } from "./options";
import { prepareEnvironment } from "./open-stack";
import { run } from "./shell";
import { projectFolder } from "./stack";
import { checkStateBackend, type StateBackend } from "./state-backend";

/** `npm run init`: makes a stack whose state lies elsewhere than on this box, or whose secrets a key service encrypts. */
main(async () => {
  const command = stackCommand("init", "Make a stack: where its state lies, and what encrypts its secrets.")
    .addOption(
      new Option("--backend <url>", "s3://BUCKET?region=REGION, or file:///FOLDER (default: this box's)").env(
        "PULUMI_BACKEND_URL",
      ),
    )
    .option(
      "--secrets-provider <which>",
      "awskms://KEY?region=REGION, or passphrase (PULUMI_CONFIG_PASSPHRASE, else a file of this box)",
      "passphrase",
    )
    .parse();
  const backend = command.opts<StateBackend>();
  checkStateBackend(backend);
  // Before the rest: what follows takes the backend from there.
  if (backend.backend !== undefined) process.env["PULUMI_BACKEND_URL"] = backend.backend;
  const options = stackOptions(command);
  const environment = await prepareEnvironment(options);
  const args = ["stack", "init", "--stack", options.stack, "--secrets-provider", backend.secretsProvider];
  await run("pulumi", [...args, "--non-interactive"], { cwd: projectFolder, env: environment });
  if (backend.backend === undefined) return;
  process.stdout.write(`Every command on this stack needs: export PULUMI_BACKEND_URL='${backend.backend}'\n`);
});
