import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { asRoot } from "./as-root";
import { withFunctions, type FunctionSource } from "./functions";
import { withTexts } from "./late-texts";
import type { HostPlan, HostReport } from "./plan";
import { renderConfirm, renderScript, type Phase } from "./script";

/** Arguments of {@link ApplyPlan}. */
export interface ApplyPlanArgs {
  /** Distinguishes the plans of one host, as `harden` or `node`. */
  readonly phase: Phase;
  /** How the host is reached; its host key is pinned. */
  readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;
  readonly plan: HostPlan;
  /** How the host gets the functions that the plan calls. Default: `kept`, an earlier phase brought them. */
  readonly functions?: FunctionSource;
  /**
   * Texts that only the deployment makes, as a public key of its own, by the mark that stands for them in the plan's files.
   * Default: none, then a preview of a new stack shows the whole script too.
   */
  readonly lateTexts?: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * What every script reports; a container's "not applicable" included.
 *
 * @param stdout Undefined where the engine was told to leave the command out (`--target`, `--exclude`): nothing was changed then.
 */
function parseReport(phase: Phase, stdout: string | undefined): HostReport {
  if (stdout === undefined) return { changed: [], notApplicable: [] };
  try {
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as HostReport;
  } catch {
    throw new Error(
      `phase ${phase}: the host's last line is no report: ${JSON.stringify(stdout.slice(-200))}`,
    );
  }
}

/**
 * Makes a host what a plan says: the only place where a plan becomes a remote command. The same script creates and updates; it
 * goes by stdin, so a failure does not print it, and a preview shows its changed lines. Nothing is undone on delete: a host that
 * leaves the cluster is removed or reinstalled.
 */
export class ApplyPlan extends pulumi.ComponentResource {
  /** What the last run changed and could not do. */
  public readonly report: pulumi.Output<HostReport>;
  /** What later phases wait for. */
  public readonly done: pulumi.Resource;

  public constructor(name: string, args: ApplyPlanArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:plan:ApplyPlan", name, { phase: args.phase }, opts);
    const { phase, plan, functions = "kept", lateTexts } = args;
    const rendered = (render: (plan: HostPlan, phase: Phase) => string): pulumi.Input<string> =>
      lateTexts === undefined
        ? render(plan, phase)
        : pulumi.output(lateTexts).apply((texts) => render(withTexts(plan, texts), phase));

    // The plan.
    const apply = new command.remote.Command(
      `${name}-apply`,
      {
        connection: args.connection,
        create: asRoot,
        update: asRoot,
        stdin: rendered((known, of) => withFunctions(renderScript(known, of), functions)),
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );

    // A login of its own proves that the guarded changes let the operator in.
    this.done = apply;
    if (plan.guarded.length > 0) {
      const connection = pulumi
        .output(args.connection)
        // Another dial setting makes it another connection: a reused one would prove nothing.
        .apply((known) => ({ ...known, perDialTimeout: 10 }));
      this.done = new command.remote.Command(
        `${name}-confirm`,
        {
          connection,
          create: asRoot,
          update: asRoot,
          stdin: rendered(renderConfirm),
          logging: "none",
          addPreviousOutputInEnv: false,
        },
        { parent: this, dependsOn: [apply] },
      );
    }

    this.report = apply.stdout.apply((stdout: string | undefined) => parseReport(args.phase, stdout));
    this.registerOutputs({ report: this.report });
  }
}
