import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { shellCommand } from "../components/plan/quote";
import { main } from "./main";
import { loginWithDevice, loginWithPassword, type OidcIssuer, type Tokens } from "./oidc";
import { stackCommand, stackOptions } from "./options";
import { prepareEnvironment } from "./open-stack";
import { askSecret } from "./prompt";
import { sessionFile, sessionOf, writePrivately, writeSession } from "./session";
import { run } from "./shell";
import { projectFolder } from "./stack";
import { userPath } from "./user-path";

/** The stack's output `login`: what people's computers must know, none of it secret. */
const targetSchema = z.object({
  clusterName: z.string(),
  server: z.string(),
  certificateAuthority: z.string(),
  /** The identity provider of the stack, where it runs one. */
  identityProvider: z
    .object({
      issuer: z.string(),
      clientId: z.string(),
      passwordConnector: z.enum(["local", "ldap"]),
    })
    .optional(),
});
type Target = z.infer<typeof targetSchema>;

interface Options {
  readonly stack: string;
  readonly user?: string;
  readonly connector?: string;
  readonly device: boolean;
  readonly target?: string;
  readonly kubeconfig?: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly issuerCa?: string;
}

function parseTarget(text: string, source: string): Target {
  const parsed = targetSchema.safeParse(JSON.parse(text === "" ? "null" : text));
  if (parsed.success) return parsed.data;
  throw new Error(
    `${source} does not say where to log in. Fix: configure identityProvider or authentication.oidc and run up, or give --target the file that "pulumi stack output login --json" wrote`,
  );
}

async function readTarget(options: Options, stack: ReturnType<typeof stackOptions>): Promise<Target> {
  if (options.target !== undefined)
    return parseTarget(readFileSync(userPath(options.target), "utf8"), options.target);
  const env = await prepareEnvironment(stack);
  const args = ["stack", "output", "--json", "--stack", stack.stack];
  const outputs: unknown = JSON.parse(
    await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" }),
  );
  const login = z.looseObject({ login: z.unknown().optional() }).parse(outputs).login;
  return parseTarget(JSON.stringify(login ?? null), `stack ${stack.stack}`);
}

function providerOf({ clusterName, identityProvider }: Target): NonNullable<Target["identityProvider"]> {
  if (identityProvider !== undefined) return identityProvider;
  throw new Error(
    `${clusterName} runs no identity provider. Fix: give --issuer and --client-id of one of authentication.oidc`,
  );
}

/** The issuer: the stack's, or another one that the API server trusts. */
function issuerOf(target: Target, { issuer, clientId, issuerCa }: Options): OidcIssuer {
  if (issuer === undefined)
    return { ...providerOf(target), certificateAuthority: target.certificateAuthority };
  if (clientId === undefined) throw new Error("--issuer needs --client-id: as whom kubectl is known there");
  const certificateAuthority = issuerCa === undefined ? undefined : readFileSync(userPath(issuerCa), "utf8");
  return { issuer, clientId, certificateAuthority };
}

async function logIn(issuer: OidcIssuer, target: Target, options: Options): Promise<Tokens> {
  if (options.device) {
    return loginWithDevice(issuer, (where, code) => {
      process.stderr.write(`open ${where}\nand log in there; the code is ${code}\n`);
    });
  }
  if (options.issuer !== undefined) {
    throw new Error(`${options.issuer} takes no password on the terminal. Fix: use --device`);
  }
  const { passwordConnector } = providerOf(target);
  const { user, connector = passwordConnector } = options;
  if (connector !== passwordConnector) {
    throw new Error(
      `connector ${connector} takes no password on the terminal (${passwordConnector} does). Fix: use --device, or set identityProvider.passwordConnector`,
    );
  }
  if (user === undefined) throw new Error("whose password? Fix: give --user, or use --device");
  return loginWithPassword(issuer, user, await askSecret(`password of ${user}`));
}

/** A kubeconfig that holds no secret: kubectl asks `credential.cjs` for the token (kubernetes.io, "client-go credential plugins"). */
function renderExecKubeconfig(target: Target, user: string, session: string): string {
  const { clusterName, server } = target;
  const context = `${user}@${clusterName}`;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: clusterName,
          cluster: {
            server,
            "certificate-authority-data": Buffer.from(target.certificateAuthority).toString("base64"),
          },
        },
      ],
      users: [
        {
          name: user,
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1",
              command: process.execPath,
              args: [path.join(projectFolder, "commands", "credential.cjs"), session],
              interactiveMode: "Never",
              provideClusterInfo: false,
            },
          },
        },
      ],
      contexts: [{ name: context, context: { cluster: clusterName, user } }],
      "current-context": context,
    },
    { lineWidth: 0 },
  );
}

/** Who the token says that somebody is. */
function nameOf({ claims }: Tokens): string {
  const name = claims["name"] ?? claims["preferred_username"] ?? claims["sub"];
  return typeof name === "string" ? name : "somebody";
}

/** `npm run login -- --user alice`: logs somebody in and gives them a kubeconfig that renews itself. */
main(async () => {
  const command = stackCommand(
    "login",
    "Log in with a password or a browser, and get a kubeconfig that renews itself.",
  )
    .option("-u, --user <name>", "who logs in; the password is asked for, or read from stdin")
    .option("--connector <id>", "whose password it is: local (static users) or ldap")
    .option("--device", "log in with a browser, on any computer (RFC 8628)", false)
    .option(
      "--target <file>",
      'what "pulumi stack output login --json" gave, for who has no access to the stack',
    )
    .option("--issuer <url>", "another issuer that the API server trusts; needs --client-id and --device")
    .option("--client-id <id>", "as whom kubectl is known at --issuer")
    .option("--issuer-ca <file>", "PEM of the authority of --issuer; default: those that Node.js trusts")
    .option("--kubeconfig <file>", "where to write it; default: ~/.kube/CLUSTER-USER")
    .parse();
  const options = command.opts<Options>();
  const target = await readTarget(options, stackOptions(command));
  const issuer = issuerOf(target, options);
  const tokens = await logIn(issuer, target, options);
  const user = options.user ?? nameOf(tokens);

  const session = sessionFile(target.clusterName, user);
  // As it was asked for: no password is among the arguments.
  const again = `npm run login -- ${shellCommand(process.argv.slice(2))}`;
  writeSession(session, sessionOf(issuer, again, tokens));
  const kubeconfig =
    options.kubeconfig === undefined
      ? path.join(homedir(), ".kube", `${target.clusterName}-${encodeURIComponent(user)}`)
      : userPath(options.kubeconfig);
  writePrivately(kubeconfig, renderExecKubeconfig(target, user, session));

  if (tokens.refreshToken === undefined) {
    process.stderr.write("warning: the issuer gave no refresh token, so this login ends with its id token\n");
  }
  const groups = Array.isArray(tokens.claims["groups"]) ? tokens.claims["groups"].join(", ") : "";
  process.stderr.write(`logged in as ${nameOf(tokens)}${groups === "" ? "" : `, in ${groups}`}\n`);
  process.stderr.write(`next: kubectl --kubeconfig ${kubeconfig} auth whoami\n`);
});
