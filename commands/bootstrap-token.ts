import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { InvalidArgumentError } from "commander";
import {
  bootstrapTokenSecret,
  newBootstrapToken,
  nodeBootstrapBinding,
} from "../components/access/bootstrap-token";
import { main } from "./main";
import { stackCommand, stackOptions } from "./options";
import { prepareEnvironment } from "./open-stack";
import { run } from "./shell";
import { projectFolder } from "./stack";

/** A token is for the minutes in which a node joins. */
const longestHours = 24;

function parseHours(text: string): number {
  const hours = Number(text);
  if (/^\d+$/.test(text) && hours >= 1 && hours <= longestHours) return hours;
  throw new InvalidArgumentError(`must be a whole number of hours from 1 to ${longestHours}.`);
}

/** `npm run bootstrap-token`: makes a token with which a node may ask for its first certificate, and prints it. */
main(async () => {
  const command = stackCommand(
    "bootstrap-token",
    "Make a token with which a node that is not of the stack may ask for a client certificate, and print it.",
  )
    .option("--hours <number>", `how long it is good, ${longestHours} at most`, parseHours, 1)
    .parse();
  const options = stackOptions(command);
  const { hours } = command.opts<{ hours: number }>();
  const environment = await prepareEnvironment(options);
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-bootstrap-token-"));
  try {
    const file = path.join(folder, "kubeconfig");
    const output = ["stack", "output", "kubeconfig", "--show-secrets", "--stack", options.stack];
    const kubeconfig = await run("pulumi", output, {
      cwd: projectFolder,
      env: environment,
      stdout: "capture",
    });
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const kubectl = (args: readonly string[], input?: string): Promise<string> =>
      run("kubectl", ["--kubeconfig", file, ...args], {
        env: environment,
        stdout: "capture",
        ...(input === undefined ? {} : { input }),
      });
    const binding = await kubectl([
      "get",
      "clusterrolebinding",
      nodeBootstrapBinding,
      "--ignore-not-found",
      "--output=name",
    ]);
    if (binding === "") {
      throw new Error(
        `stack ${options.stack} lets no bootstrap tokens in. Fix: pulumi config set --stack ${options.stack} --path redoubt:authentication.bootstrapTokens true, and run up`,
      );
    }
    const token = newBootstrapToken(hours, new Date(), randomInt);
    await kubectl(["create", "-f", "-"], JSON.stringify(bootstrapTokenSecret(token)));
    process.stderr.write(`good until ${token.expiration.toISOString()}\n`);
    process.stdout.write(`${token.id}.${token.secret}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
