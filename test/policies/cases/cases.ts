import { unknown, type TestResource } from "../judge";
import { asItIs, command, flag, scripts, type Edit } from "../scripts";

/** One more stack that a rule once judged wrongly. */
export interface FurtherCase {
  /** What it shows, as the end of "accepts" or "refuses". */
  readonly title: string;
  readonly resources: readonly TestResource[];
}

/** What a rule must say of five stacks, and of some more. */
export interface RuleCases {
  /** Kept. */
  readonly good: readonly TestResource[];
  /** Kept, though it looks broken. */
  readonly nearGood: readonly TestResource[];
  /** Broken, though it looks kept. */
  readonly nearBad: readonly TestResource[];
  /** Broken. */
  readonly bad: readonly TestResource[];
  /** As a preview shows it that does not know what the rule looks at. */
  readonly unknown: readonly TestResource[];
  /** Kept. */
  readonly alsoGood?: readonly FurtherCase[];
  /** Broken. */
  readonly alsoBad?: readonly FurtherCase[];
}

/** Cases by id of their rule. */
export type CaseTable = Readonly<Record<string, RuleCases>>;

/** Three changes of a script that is good as it is. */
export interface ScriptEdits {
  /** Default: none; the rule then has a near miss in what the script says anyway. */
  readonly nearGood: Edit;
  readonly nearBad: Edit;
  readonly bad: Edit;
}

/** Cases of a rule on the script of a phase. */
export function scriptCases(phase: keyof typeof scripts, { nearGood, nearBad, bad }: ScriptEdits): RuleCases {
  const kind = phase === "secrets" ? "SecretFiles" : "ApplyPlan";
  const after = (edit: Edit): TestResource[] => [command(kind, edit(scripts[phase]))];
  return {
    good: after(asItIs),
    nearGood: after(nearGood),
    nearBad: after(nearBad),
    bad: after(bad),
    unknown: [command(kind, unknown)],
  };
}

/** A flag that is left out, or has this value. */
export type FlagEdit = readonly [name: string, value: string | undefined];

/** Which script starts a program. Default: `controlPlane`. */
const phases: Readonly<Record<string, keyof typeof scripts>> = {
  etcd: "etcd",
  kubelet: "node",
  "kube-proxy": "node",
  "metrics-server": "metricsServer",
};

/** Cases of a rule on flags of a program, each a change of what the program is really started with. */
export function flagCases(
  program: string,
  edits: { readonly nearGood: FlagEdit; readonly nearBad: FlagEdit; readonly bad: FlagEdit },
): RuleCases {
  const phase = phases[program] ?? "controlPlane";
  const edit = ([name, value]: FlagEdit): Edit => flag(program, name, value);
  return scriptCases(phase, {
    nearGood: edit(edits.nearGood),
    nearBad: edit(edits.nearBad),
    bad: edit(edits.bad),
  });
}

/** Cases of a rule that judges one resource by its inputs. */
export function inputCases(
  type: string,
  inputs: Readonly<
    Record<"good" | "nearGood" | "nearBad" | "bad" | "unknown", Readonly<Record<string, unknown>>>
  >,
): RuleCases {
  const make = (own: Readonly<Record<string, unknown>>): TestResource[] => [
    { type, name: "resource", inputs: own },
  ];
  return {
    good: make(inputs.good),
    nearGood: make(inputs.nearGood),
    nearBad: make(inputs.nearBad),
    bad: make(inputs.bad),
    unknown: make(inputs.unknown),
  };
}

/** Further cases of a rule on the script of a phase, each a change of it. */
export function furtherScripts(
  phase: Exclude<keyof typeof scripts, "secrets">,
  edits: Readonly<Record<string, Edit>>,
): FurtherCase[] {
  return Object.entries(edits).map(([title, edit]) => ({
    title,
    resources: [command("ApplyPlan", edit(scripts[phase]))],
  }));
}

/** Further cases of a rule that judges one resource by its inputs. */
export function furtherInputs(
  type: string,
  inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): FurtherCase[] {
  return Object.entries(inputs).map(([title, own]) => ({
    title,
    resources: [{ type, name: "resource", inputs: own }],
  }));
}
