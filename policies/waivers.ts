import type { PolicyConfigSchema } from "@pulumi/policy";

/** An exception: this rule does not count for this resource, until the day named. */
export interface Waiver {
  /** Id of the rule. */
  readonly rule: string;
  /** Name or URN of the resource, or what the message names as its subject. */
  readonly resource: string;
  /** Why the risk is taken, and by whom. */
  readonly reason: string;
  /** Last day on which it counts, as 2027-01-31 (UTC). */
  readonly until: string;
}

/** What the engine accepts as waivers; it refuses everything else with the place in the file. */
export const waiverSchema: PolicyConfigSchema = {
  properties: {
    list: {
      type: "array",
      description: "Exceptions, each with its reason and its end.",
      default: [],
      items: {
        type: "object",
        required: ["rule", "resource", "reason", "until"],
        additionalProperties: false,
        properties: {
          rule: { type: "string", minLength: 1 },
          resource: { type: "string", minLength: 1 },
          // A word is no reason.
          reason: { type: "string", minLength: 10 },
          until: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        },
      },
    },
  },
};

/** The last moment of the day that it names; NaN when there is no such day, as 2027-02-31. */
function endOf({ until }: Waiver): number {
  const end = Date.parse(`${until}T23:59:59.999Z`);
  return Number.isNaN(end) || new Date(end).toISOString().startsWith(until) ? end : NaN;
}

function named(waiver: Waiver): string {
  return `waiver of ${waiver.rule} for ${waiver.resource}`;
}

/** The waivers of one run, and which of them were needed. */
export class WaiverBook {
  private list: readonly Waiver[] = [];
  private readonly used = new Set<Waiver>();

  public constructor(
    private readonly ruleIds: ReadonlySet<string>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes over what the pack is configured with; the same again changes nothing. */
  public load(list: readonly Waiver[]): void {
    const known = new Map(this.list.map((waiver) => [JSON.stringify(waiver), waiver]));
    this.list = list.map((waiver) => known.get(JSON.stringify(waiver)) ?? waiver);
  }

  /** Whether a violation of the rule by a resource of any of these names is waived today. */
  public covers(rule: string, names: readonly string[]): boolean {
    const found = this.list.find(
      (waiver) => waiver.rule === rule && names.includes(waiver.resource) && endOf(waiver) >= this.now(),
    );
    if (found !== undefined) this.used.add(found);
    return found !== undefined;
  }

  /** What is wrong with waivers themselves, as far as that can be told without the resources. */
  public problems(): string[] {
    return this.list.flatMap((waiver) => {
      if (!this.ruleIds.has(waiver.rule)) {
        return [`${named(waiver)}: there is no such rule. Fix: name a rule of docs/policies.md`];
      }
      if (Number.isNaN(endOf(waiver))) {
        return [`${named(waiver)}: ${waiver.until} is no day. Fix: write it as 2027-01-31`];
      }
      if (endOf(waiver) < this.now()) {
        return [
          `${named(waiver)} ended on ${waiver.until} (its reason was: ${waiver.reason}). Fix: mend what it excused and remove it, or decide anew and give it another end`,
        ];
      }
      return [];
    });
  }

  /** Waivers of resources that are not in the stack. */
  public strangers(names: ReadonlySet<string>): string[] {
    return this.list
      .filter((waiver) => !this.used.has(waiver) && !names.has(waiver.resource))
      .map(
        (waiver) =>
          `${named(waiver)}: the stack has no such resource. Fix: name a resource or its URN as in the violation, or remove the waiver`,
      );
  }

  /** Waivers that count, and whether anything needed them. */
  public standing(): string[] {
    return this.list
      .filter((waiver) => endOf(waiver) >= this.now() && this.ruleIds.has(waiver.rule))
      .map((waiver) =>
        this.used.has(waiver)
          ? `${waiver.rule} is waived for ${waiver.resource} until ${waiver.until}: ${waiver.reason}`
          : `${named(waiver)}: nothing needs it any more. Fix: remove it`,
      );
  }
}
