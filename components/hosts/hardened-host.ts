import * as pulumi from "@pulumi/pulumi";
import { ApplyPlan } from "../plan/apply-plan";
import { mergeFragments } from "../plan/merge";
import type { PlanFragment, SecretFileSpec } from "../plan/plan";
import { SecretFiles } from "../plan/secret-files";
import { authorizedKeys, stackKeyMark, type AuthorizedKeysOptions } from "./authorized-keys";
import type { Host, HostConnection, HostSpec } from "./host";

/** Who may log in to a host. */
export interface Logins extends AuthorizedKeysOptions {
  /** The stack's own keys, one line each in OpenSSH form. */
  readonly stackPublicKeys: pulumi.Input<readonly string[]>;
}

/** Arguments of {@link HardenedHost}. */
export interface HardenedHostArgs {
  readonly host: Host;
  /** What is to be true of the host, by subject; see `hardening/`. */
  readonly fragments: Readonly<Record<string, PlanFragment>>;
  /** Who may log in, in force once the host is hardened. */
  readonly logins: Logins;
  /** Keys and certificates that lie on it; they arrive after it is hardened. */
  readonly secretFiles: pulumi.Input<readonly SecretFileSpec[]>;
  /** What must have worked before its keys and certificates change. Default: nothing. */
  readonly secretsAfter?: readonly pulumi.Resource[];
}

/**
 * A host after hardening: nobody but the operator's key gets in, nothing is open that the cluster does not need, and its own keys lie
 * where only their readers can read them.
 */
export class HardenedHost extends pulumi.ComponentResource implements Host {
  public readonly spec: HostSpec;
  public readonly connection: pulumi.Input<HostConnection>;
  public readonly ready: readonly pulumi.Resource[];
  public readonly outlivesStack: boolean | undefined;
  public readonly applied: ApplyPlan;

  public constructor(name: string, args: HardenedHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:hosts:HardenedHost", name, { address: args.host.spec.address }, opts);
    const { spec, connection, ready } = args.host;
    this.spec = spec;
    this.connection = connection;
    this.outlivesStack = args.host.outlivesStack;

    // What is to be true of it.
    this.applied = new ApplyPlan(
      `${name}-plan`,
      { phase: "harden", connection, plan: mergeFragments(args.fragments), functions: "brought" },
      { parent: this, dependsOn: [...ready] },
    );

    // Who may log in: nothing waits for it, but the hardening comes first, because one guarded change is tried at a time.
    const { logins } = args;
    const stackLines = pulumi.output(logins.stackPublicKeys).apply((keys) => keys.join("\n"));
    new ApplyPlan(
      `${name}-logins`,
      {
        phase: "authorized-keys",
        connection,
        plan: mergeFragments({ "authorized-keys": authorizedKeys(logins) }),
        lateTexts: { [stackKeyMark]: stackLines },
      },
      { parent: this, dependsOn: [this.applied.done] },
    );

    // Its keys and certificates.
    const secrets = new SecretFiles(
      `${name}-secrets`,
      { connection, directories: [], files: args.secretFiles },
      { parent: this, dependsOn: [this.applied.done, ...(args.secretsAfter ?? [])] },
    );
    this.ready = [secrets.done, ...(args.host.delivered ?? [])];
    this.registerOutputs({});
  }
}
