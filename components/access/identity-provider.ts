import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import { ApplyPlan } from "../plan/apply-plan";
import type { ArtifactCatalog } from "../plan/artifact-catalog";
import { mergeFragments } from "../plan/merge";
import { SecretFiles } from "../plan/secret-files";
import type { AuthorityGenerations } from "../pki/authority-generations";
import { readers } from "../pki/readers";
import {
  dex,
  dexConfigPath,
  renderDexConfig,
  withoutDex,
  type IdentityProviderOptions,
  type IdentityProviderSecrets,
} from "./dex";
import { directoryCheck } from "./outside-checks";
import { dexEgress } from "./dex-egress";
import { DexStorage } from "./dex-storage";

/** Arguments of {@link IdentityProvider}. */
export interface IdentityProviderArgs {
  /** The control plane hosts. */
  readonly hosts: readonly Host[];
  /** Undefined: there is none, and what an earlier one left on hosts is taken away. */
  readonly options: IdentityProviderOptions | undefined;
  readonly secrets: IdentityProviderSecrets;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** What a reviewer sees of a change: everything but secrets. */
function shown({ options }: IdentityProviderArgs): pulumi.Inputs {
  return options === undefined ? {} : { ...options };
}

/**
 * Dex on every control plane host, for people who have a password or are in a directory. All instances share one store in the cluster,
 * so any of them renews what another gave.
 */
export class IdentityProvider extends pulumi.ComponentResource {
  public readonly applied: readonly ApplyPlan[];

  public constructor(name: string, args: IdentityProviderArgs, opts: pulumi.ComponentResourceOptions) {
    super("redoubt:access:IdentityProvider", name, shown(args), opts);
    const { hosts, options, secrets, authorities, artifacts } = args;

    if (options === undefined) {
      this.applied = hosts.map(
        ({ spec, connection, ready }) =>
          new ApplyPlan(
            `${name}-${spec.name}`,
            { phase: "identity-provider", connection, plan: mergeFragments({ dex: withoutDex() }) },
            { parent: this, dependsOn: [...ready] },
          ),
      );
      this.registerOutputs({});
      return;
    }

    // Its store in the cluster.
    const storage = new DexStorage(`${name}-storage`, { parent: this });

    // What it may reach, and whether its directory answers; its configuration, which holds password hashes; Dex itself.
    const content = pulumi.secret(renderDexConfig(options, secrets));
    const applied: ApplyPlan[] = [];
    for (const { spec, connection, ready } of hosts) {
      const way = new ApplyPlan(
        `${name}-${spec.name}-way`,
        {
          phase: "identity-provider-way",
          connection,
          plan: mergeFragments({
            egress: dexEgress({ apiServerAddress: spec.address, ldap: options.ldap }),
            ...(options.ldap === undefined ? {} : { directory: directoryCheck(options.ldap) }),
          }),
        },
        { parent: this, dependsOn: [...ready] },
      );
      const configuration = new SecretFiles(
        `${name}-${spec.name}-configuration`,
        {
          connection,
          directories: [],
          files: content.apply((text) => [
            {
              path: dexConfigPath,
              owner: readers.dex.user,
              group: readers.dex.group,
              content: text,
              restart: ["dex.service"],
            },
          ]),
        },
        // It restarts Dex, too: not before the host in front of this one has its own.
        { parent: this, dependsOn: [way.done, ...applied.slice(-1)] },
      );
      const plan = mergeFragments({
        dex: dex({ options, apiServerAddress: spec.address, authorities, artifacts }),
      });
      applied.push(
        new ApplyPlan(
          `${name}-${spec.name}`,
          { phase: "identity-provider", connection, plan },
          // One host at a time, so that people can always log in at another.
          { parent: this, dependsOn: [configuration.done, storage, ...applied.slice(-1)] },
        ),
      );
    }
    this.applied = applied;
    this.registerOutputs({});
  }
}
