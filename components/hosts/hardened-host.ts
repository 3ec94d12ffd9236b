import * as pulumi from "@pulumi/pulumi";
import { ApplyPlan } from "../plan/apply-plan";
import { mergeFragments } from "../plan/merge";
import type { PlanFragment, SecretFileSpec } from "../plan/plan";
import { SecretFiles } from "../plan/secret-files";
import type { Host, HostConnection, HostSpec } from "./host";

/** Arguments of {@link HardenedHost}. */
export interface HardenedHostArgs {
  readonly host: Host;
  /** What is to be true of the host, by subject; see `hardening/`. */
  readonly fragments: Readonly<Record<string, PlanFragment>>;
  /** Keys and certificates that lie on it; they arrive after it is hardened. */
  readonly secretFiles: pulumi.Input<readonly SecretFileSpec[]>;
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
    const { spec, connection, ready } = args.host;
    this.spec = spec;
    this.connection = connection;
    this.applied = new ApplyPlan(
      `${name}-plan`,
      { phase: "harden", connection, plan: mergeFragments(args.fragments) },
      { parent: this, dependsOn: [...ready] },
    );
    const secrets = new SecretFiles(
      `${name}-secrets`,
      { connection, directories: [], files: args.secretFiles },
      { parent: this, dependsOn: [this.applied.done] },
    );
    this.ready = [secrets.done];
    this.registerOutputs({});
  }
}
