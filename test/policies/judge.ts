import { Secret, type Policies, type PolicyResource, type ResourceValidationArgs } from "@pulumi/policy";
import { packPolicies } from "../../policies/pack";
import { unknownCheckingProxy } from "../../policies/unknown";

/** What the engine gives a pack for a text or an object that a preview does not know (`plugin.UnknownStringValue`). */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value that the engine knows as secret. */
export const secret = (value: unknown): Secret => new Secret(value);

/** A resource, as much of it as rules look at. */
export interface TestResource {
  readonly type: string;
  readonly name: string;
  /** Types of its ancestors, as in its URN. Default: none. */
  readonly parents?: readonly string[];
  /** May hold {@link secret}s and {@link unknown}s. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Default: the inputs. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Names of the resources that an input comes from. */
  readonly sources?: Readonly<Record<string, readonly string[]>>;
  readonly additionalSecretOutputs?: readonly string[];
}

/** What the pack says. */
export interface Verdict {
  readonly policy: string;
  /** Name of the resource; undefined is the stack. */
  readonly resource: string | undefined;
  readonly message: string;
}

/** How the pack is run. */
export interface JudgeOptions {
  /** Configuration by policy, as in `policies/config/`. */
  readonly config?: Readonly<Record<string, object>>;
  /** Default: now. */
  readonly now?: () => number;
  /** Where `test.json` may lie, the configuration of the stack of tests. Default: the pack's own folder, which has none. */
  readonly folder?: string;
}

function urnOf({ type, name, parents = [] }: TestResource): string {
  return `urn:pulumi:test::redoubt::${[...parents, type].join("$")}::${name}`;
}

function plain(value: unknown): unknown {
  if (value instanceof Secret) return plain(value.value as unknown);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** The stack itself, which the engine registers before everything else. */
const stack: TestResource = { type: "pulumi:pulumi:Stack", name: "redoubt-test", inputs: {} };

function argumentsOf(resource: TestResource, config: object): ResourceValidationArgs {
  return {
    type: resource.type,
    name: resource.name,
    urn: urnOf(resource),
    props: unknownCheckingProxy(plain(resource.inputs) as Record<string, unknown>),
    opts: {
      protect: false,
      ignoreChanges: [],
      aliases: [],
      customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
      additionalSecretOutputs: [...(resource.additionalSecretOutputs ?? [])],
    },
    stackTags: new Map(),
    isType: () => false,
    asType: () => undefined,
    getConfig: (() => config) as ResourceValidationArgs["getConfig"],
    notApplicable: (reason) => {
      throw new Error(`not applicable: ${reason ?? ""}`);
    },
  };
}

function deployed(resources: readonly TestResource[]): PolicyResource[] {
  const bare = resources.map((resource) => {
    const args = argumentsOf(resource, {});
    const props = unknownCheckingProxy(plain(resource.outputs ?? resource.inputs) as Record<string, unknown>);
    const propertyDependencies: PolicyResource["propertyDependencies"] = {};
    return { ...args, props, dependencies: [], propertyDependencies };
  });
  resources.forEach((resource, index) => {
    const own = bare[index];
    for (const [input, names] of Object.entries(resource.sources ?? {})) {
      if (own !== undefined)
        own.propertyDependencies[input] = bare.filter(({ name }) => names.includes(name));
    }
  });
  return bare;
}

/** Asks one policy about one resource, in the way of the server of `@pulumi/policy`. */
function askResource(policy: Policies[number], resource: TestResource, config: object): Verdict[] {
  const verdicts: Verdict[] = [];
  if (!("validateResource" in policy || "remediateResource" in policy)) return verdicts;
  const args = argumentsOf(resource, config);
  // Remediations see secrets, below a proxy; the rest sees plain text.
  void policy.remediateResource?.({ ...args, props: { ...resource.inputs } });
  for (const validate of [policy.validateResource ?? []].flat()) {
    const { __pulumiType: only } = validate as { __pulumiType?: string };
    if (only !== undefined && only !== resource.type) continue;
    void validate(args, (message) =>
      verdicts.push({ policy: policy.name, resource: resource.name, message }),
    );
  }
  return verdicts;
}

/** Asks the whole pack about a stack, resource by resource and then as a whole, as the engine does. */
export function judge(resources: readonly TestResource[], options: JudgeOptions = {}): Verdict[] {
  const policies = packPolicies(options.now, options.folder);
  const all = [stack, ...resources];
  const configOf = ({ name }: Policies[number]): object => options.config?.[name] ?? {};
  const single = all.flatMap((resource) =>
    policies.flatMap((policy) => askResource(policy, resource, configOf(policy))),
  );
  const whole = policies.flatMap((policy): Verdict[] => {
    const verdicts: Verdict[] = [];
    if (!("validateStack" in policy)) return verdicts;
    const known = deployed(all);
    const args = { ...argumentsOf(stack, configOf(policy)), resources: known };
    void policy.validateStack(args, (message, urn) => {
      const resource = known.find((item) => item.urn === urn)?.name;
      verdicts.push({ policy: policy.name, resource, message });
    });
    return verdicts;
  });
  return [...single, ...whole];
}
