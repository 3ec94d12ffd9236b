import * as pulumi from "@pulumi/pulumi";
import { ApplyPlan } from "../plan/apply-plan";
import { mergeFragments } from "../plan/merge";
import type { PlanFragment, SecretFileSpec } from "../plan/plan";
import { SecretFiles } from "../plan/secret-files";
import { authorizedKeysFolder } from "./hardening/accounts";
import type { AuthorizedKeys, Host, HostConnection, HostSpec } from "./host";

/** Arguments of {@link HardenedHost}. */
export interface HardenedHostArgs {
  readonly host: Host;
  /** What is to be true of the host, by subject; see `hardening/`. */
  readonly fragments: Readonly<Record<string, PlanFragment>>;
  /** Keys and certificates that lie on it; they arrive after it is hardened. */
  readonly secretFiles: pulumi.Input<readonly SecretFileSpec[]>;
  /** What must have worked before its keys and certificates change. Default: nothing. */
  readonly secretsAfter?: readonly pulumi.Resource[];
}

/** The file that says who may log in. It travels with the keys, because the stack's own public key is known when they are. */
function authorizedKeysFile({ user, keys }: AuthorizedKeys): pulumi.Output<SecretFileSpec> {
  const path = `${authorizedKeysFolder}/${user}`;
  return pulumi
    .output(keys)
    .apply((lines) => ({ path, owner: "root", group: "root", mode: "0644", content: `${lines}\n` }));
}

/**
 * A host after hardening: nobody but the operator's key gets in, nothing is open that the cluster does not need, and its own keys lie
 * where only their readers can read them.
 */
export class HardenedHost extends pulumi.ComponentResource implements Host {
  public readonly spec: HostSpec;
  public readonly connection: pulumi.Input<HostConnection>;
  public readonly ready: readonly pulumi.Resource[];
  public readonly applied: ApplyPlan;

  public constructor(name: string, args: HardenedHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:hosts:HardenedHost", name, { address: args.host.spec.address }, opts);
    const { spec, connection, ready, authorizedKeys } = args.host;
    this.spec = spec;
    this.connection = connection;
    this.applied = new ApplyPlan(
      `${name}-plan`,
      { phase: "harden", connection, plan: mergeFragments(args.fragments) },
      { parent: this, dependsOn: [...ready] },
    );
    const logins = authorizedKeys === undefined ? [] : [authorizedKeysFile(authorizedKeys)];
    const files = pulumi.all([args.secretFiles, pulumi.all(logins)]).apply((lists) => lists.flat());
    const secrets = new SecretFiles(
      `${name}-secrets`,
      { connection, directories: [], files },
      { parent: this, dependsOn: [this.applied.done, ...(args.secretsAfter ?? [])] },
    );
    this.ready = [secrets.done];
    this.registerOutputs({});
  }
}
