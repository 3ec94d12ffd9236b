import type {
  Policies,
  ReportViolation,
  ResourceValidation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import { configurationFolder, readConfiguration } from "./configuration";
import { objectsOfResource, subjectOf } from "./kubernetes-objects";
import { loosened } from "./loosened";
import {
  configSchema,
  defaultLevel,
  renderMessage,
  settingValues,
  sourceOf,
  type Deployed,
  type Finding,
  type ResourceRule,
  type Rule,
  type Setting,
  type StackRule,
} from "./rule";
import { allRules } from "./rules";
import { unproxied } from "./secret-values";
import { SecretnessBook } from "./secrets";
import { reasonOf, UndecidedBook } from "./undecided";
import { WaiverBook, waiverSchema, type Waiver } from "./waivers";

/** Names of policies that are about the pack itself, not rules. */
export const ownPolicies = {
  secretness: "secretness",
  waivers: "waivers",
  waived: "waived",
  undecided: "undecided",
} as const;

/** What a run has seen so far: policies of one pack share it, because each is asked on its own. */
class Run {
  public readonly secretness = new SecretnessBook();
  public readonly undecided = new UndecidedBook();
  public readonly rules = allRules(this.secretness);
  public readonly waivers: WaiverBook;
  private readonly inputs = new Map<string, ResourceValidationArgs["props"]>();

  public constructor(now: () => number) {
    this.waivers = new WaiverBook(new Set(this.rules.map(({ id }) => id)), now);
  }

  public seen(resource: ResourceValidationArgs): void {
    this.inputs.set(resource.urn, resource.props);
  }

  public deployed({ resources }: StackValidationArgs): Deployed[] {
    return resources.map(({ type, name, urn, props, opts, propertyDependencies }) => ({
      type,
      name,
      urn,
      props,
      opts,
      inputs: this.inputs.get(urn) ?? props,
      sources: Object.fromEntries(
        Object.entries(propertyDependencies).map(([key, from]) => [key, from.map((item) => item.urn)]),
      ),
    }));
  }
}

/** Asks a rule, and reports what is neither waived nor undecided. */
function judge(
  run: Run,
  rule: Rule,
  ask: () => readonly Finding[],
  namesOf: (finding: Finding) => readonly string[],
  report: ReportViolation,
): void {
  const doubt = (reason: string, names: readonly string[]): void => {
    run.undecided.add(reason, rule.id, names[0] ?? "the stack");
  };
  let findings: readonly Finding[];
  try {
    findings = ask();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    doubt(reason, namesOf({ what: reason }));
    return;
  }
  for (const finding of findings) {
    const names = namesOf(finding);
    if (finding.undecided === true) doubt(finding.what, names);
    else if (!run.waivers.covers(rule.id, names)) report(renderMessage(rule, finding), finding.urn);
  }
}

/** What a policy says of itself to the engine. */
function described(
  rule: Rule,
): Pick<
  ResourceValidationPolicy,
  "name" | "description" | "enforcementLevel" | "remediationSteps" | "configSchema"
> {
  return {
    name: rule.id,
    description: `${rule.rule} (${sourceOf(rule)})`,
    enforcementLevel: defaultLevel(rule),
    remediationSteps: rule.fix,
    ...(rule.settings === undefined ? {} : { configSchema: configSchema(rule.settings) }),
  };
}

function resourcePolicy(run: Run, rule: ResourceRule): ResourceValidationPolicy {
  const validate: ResourceValidation = (args, report) => {
    if (rule.types !== undefined && !rule.types.includes(args.type)) return;
    const configured = args.getConfig<Record<string, Setting>>();
    judge(
      run,
      rule,
      () => rule.check(args, settingValues(rule, configured)),
      (finding) => [finding.subject ?? args.name, args.name, args.urn],
      report,
    );
  };
  const [only, ...others] = rule.types ?? [];
  // The library then leaves resources of other types out before it unpacks their properties.
  if (only !== undefined && others.length === 0) Object.assign(validate, { __pulumiType: only });
  return { ...described(rule), validateResource: validate };
}

function stackPolicy(run: Run, rule: StackRule): StackValidationPolicy {
  return {
    ...described(rule),
    validateStack: (args, report) => {
      const resources = run.deployed(args);
      const nameOf = (urn: string | undefined): string[] => {
        const found = resources.find((resource) => resource.urn === urn);
        return found === undefined ? [] : [found.name, found.urn];
      };
      const configured = args.getConfig<Record<string, Setting>>();
      judge(
        run,
        rule,
        () => rule.check(resources, settingValues(rule, configured)),
        (finding) => [...(finding.subject === undefined ? [] : [finding.subject]), ...nameOf(finding.urn)],
        report,
      );
    },
  };
}

/** Remediations are the only ones to see which inputs are secret; this one looks, and changes nothing. */
function secretnessPolicy(run: Run): ResourceValidationPolicy {
  return {
    name: ownPolicies.secretness,
    description: "Sees which inputs are secret, for the rules on secrets; changes nothing",
    enforcementLevel: "remediate",
    remediateResource: (args) => {
      run.secretness.observe(args.urn, unproxied(args.props));
    },
  };
}

/** Objects of a resource as waivers name them; none where it is not known yet what they are. */
function subjectsOf({ type, urn, inputs }: Deployed): string[] {
  try {
    return objectsOfResource({ type, urn, props: inputs }).map(subjectOf);
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
    return [];
  }
}

/** What waivers may name: resources by name or URN, objects of the cluster as `namespace/app`. */
function waivable(resources: readonly Deployed[]): Set<string> {
  const always = ["default", "kube-node-lease", "kube-public", "kube-system"].map(
    (name) => `namespace/${name}`,
  );
  return new Set([
    ...resources.flatMap(({ name, urn }) => [name, urn]),
    ...resources.flatMap(subjectsOf),
    ...always,
    "service/kube-dns",
  ]);
}

/** First of the policies, because the others ask what it has read. */
function waiversPolicy(run: Run): ResourceValidationPolicy & StackValidationPolicy {
  return {
    name: ownPolicies.waivers,
    description: "Waivers name a rule and a resource of the stack, and have not ended",
    enforcementLevel: "mandatory",
    configSchema: waiverSchema,
    validateResource: (args, report) => {
      const { list = [] } = args.getConfig<{ list?: readonly Waiver[] }>();
      run.waivers.load(list);
      run.seen(args);
      // Before anything is made: the stack itself is the first resource of every run.
      if (args.type === "pulumi:pulumi:Stack")
        run.waivers.problems().forEach((problem) => {
          report(problem);
        });
    },
    validateStack: (args, report) => {
      run.waivers.strangers(waivable(run.deployed(args))).forEach((problem) => {
        report(problem);
      });
    },
  };
}

/** The stack's name, as every URN has it; the engine hands a pack neither that nor the levels that it is configured with. */
function stackOf(resources: StackValidationArgs["resources"]): string {
  return /^urn:pulumi:([^:]+)::/.exec(resources[0]?.urn ?? "")?.[1] ?? "";
}

/** Last of the policies: what the others have left open. */
function closingPolicies(run: Run, folder: string): StackValidationPolicy[] {
  return [
    {
      name: ownPolicies.waived,
      description: "Tells which rules are waived, for what, how long and why, and which are loosened",
      enforcementLevel: "advisory",
      validateStack: ({ resources }, report) => {
        const configuration = readConfiguration(folder, stackOf(resources));
        [...run.waivers.standing(), ...loosened(run.rules, configuration)].forEach((line) => {
          report(line);
        });
      },
    },
    {
      name: ownPolicies.undecided,
      description: "Tells what rules could not decide in this run",
      enforcementLevel: "advisory",
      validateStack: (_args, report) => {
        const lines = run.undecided.lines();
        if (lines.length === 0) return;
        report(
          `Some rules can't decide yet; up asks them again before it makes each resource.\n${lines.join("\n")}`,
        );
      },
    },
  ];
}

/**
 * All policies of a run, in the order in which they must be asked.
 *
 * @param now Milliseconds; when waivers are looked at.
 * @param folder Where configurations of environments lie.
 */
export function packPolicies(now: () => number = Date.now, folder = configurationFolder): Policies {
  const run = new Run(now);
  const rules = run.rules.map((rule) =>
    rule.kind === "resource" ? resourcePolicy(run, rule) : stackPolicy(run, rule),
  );
  return [secretnessPolicy(run), waiversPolicy(run), ...rules, ...closingPolicies(run, folder)];
}
