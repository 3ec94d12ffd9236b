import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link FirstLogin}. */
export interface FirstLoginArgs {
  /** How somebody gets in before the stack's own user can; its host key is pinned. */
  readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;
  /** The user's password where sudo asks for one; secret. Default: none, then sudo must not ask. */
  readonly sudoPassword?: pulumi.Input<string> | undefined;
  /** What root runs, once. */
  readonly script: pulumi.Input<string>;
}

/**
 * Becomes root as far as that is needed, and runs what comes on stdin after the line with the password. `read` takes that line and
 * no more. The password goes to sudo alone: `--reset-timestamp` makes it ask, else the line would be taken for a command.
 */
export const becomeRoot = `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
IFS= read -r password
if [ "$(id -u)" = 0 ]; then exec bash -s; fi
if sudo --non-interactive true 2>/dev/null; then exec sudo --non-interactive bash -s; fi
if [ -z "$password" ]; then
  echo "$(id -un) is not root, and sudo asks for a password that nobody gave" >&2
  exit 1
fi
{ printf '%s\\n' "$password"; cat; } | sudo --reset-timestamp --stdin --prompt= bash -s
`;

/**
 * Runs a script once on a host that is not ours yet. When it has run nothing of it is looked at again: the login that it came by may
 * be refused by then, and its password forgotten.
 */
export class FirstLogin extends pulumi.ComponentResource {
  /** What the stack's own logins wait for. */
  public readonly done: pulumi.Resource;

  public constructor(name: string, args: FirstLoginArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:plan:FirstLogin", name, {}, opts);
    const stdin = pulumi
      .all([args.sudoPassword ?? "", args.script])
      .apply(([password, script]) => `${password}\n${script}`);
    this.done = new command.remote.Command(
      `${name}-run`,
      {
        connection: args.connection,
        create: becomeRoot,
        stdin: pulumi.secret(stdin),
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      {
        parent: this,
        additionalSecretOutputs: ["stdout", "stderr"],
        ignoreChanges: ["connection", "create", "stdin"],
      },
    );
    this.registerOutputs({});
  }
}
