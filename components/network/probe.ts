import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { asRoot } from "../plan/as-root";
import type { AllowRule } from "./allow-rules";
import { planFlows, type ProbePlan } from "./flows";
import type { ProbedCluster } from "./probe-cast";
import { renderProbeScript } from "./probe-script";

/** Arguments of {@link ConnectivityProbe}. */
export interface ConnectivityProbeArgs {
  /** The first control plane of `cluster`, from which the probe is led. */
  readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;
  readonly allow: readonly AllowRule[];
  readonly cluster: ProbedCluster;
  /** Image with the probe's program. */
  readonly image: string;
  readonly clusterDomain: string;
  /** The deployment that answers DNS. */
  readonly dns: { readonly namespace: string; readonly deployment: string; readonly image: string };
  readonly dnsAddress: string;
  readonly timeoutSeconds: number;
  /** What carries and judges connections: program → sha256. Another one is probed anew. */
  readonly carriers: Readonly<Record<string, string>>;
}

/**
 * Opens real connections after the policies were applied: DNS answers, allowed flows flow, everything else is refused. When one
 * is not as declared `up` fails and names the rule and the flow. It runs again when rules, namespaces, nodes or what carries connections
 * change.
 */
export class ConnectivityProbe extends pulumi.ComponentResource {
  /** What the probe could not show, with the reason. */
  public readonly notProbed: ProbePlan["notProbed"];
  /** How many flows were seen to be as declared. */
  public readonly flows: pulumi.Output<number>;

  public constructor(name: string, args: ConnectivityProbeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:network:ConnectivityProbe", name, {}, opts);
    const plan = planFlows(args.allow, args.cluster);
    const probe = new command.remote.Command(
      `${name}-run`,
      {
        connection: args.connection,
        create: asRoot,
        update: asRoot,
        stdin: renderProbeScript({
          plan,
          allow: args.allow,
          cluster: args.cluster,
          image: args.image,
          dns: args.dns,
          dnsName: `kubernetes.default.svc.${args.clusterDomain}`,
          dnsAddress: args.dnsAddress,
          timeoutSeconds: args.timeoutSeconds,
          carriers: args.carriers,
        }),
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.notProbed = plan.notProbed;
    // Undefined where --target or --exclude leaves the run out.
    this.flows = probe.stdout.apply((stdout: string | undefined) =>
      stdout === undefined ? 0 : (JSON.parse(stdout) as { flows: number }).flows,
    );
    this.registerOutputs({ notProbed: this.notProbed, flows: this.flows });
  }
}
