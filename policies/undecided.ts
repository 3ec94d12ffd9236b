import { UnknownValueError } from "./unknown";
import { Undecided, type Finding } from "./rule";

interface Doubt {
  readonly rule: string;
  readonly resource: string;
}

/** What an error says about a rule that can't tell; undefined for errors that are none of that. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof Undecided) return error.message;
  if (!(error instanceof UnknownValueError)) return undefined;
  return /at (\..+)$/.exec(error.message)?.[1] ?? error.message;
}

/** What a check finds of each item. Where it can't tell of one, that is among it, and what it found of the others stays. */
export function findingsOfEach<Item>(
  items: readonly Item[],
  check: (item: Item) => readonly Finding[],
): Finding[] {
  return items.flatMap((item): readonly Finding[] => {
    try {
      return check(item);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      return [{ what: reason, undecided: true }];
    }
  });
}

function few(names: ReadonlySet<string>): string {
  const all = [...names].sort();
  const shown = all.slice(0, 5).join(", ");
  return all.length > 5 ? `${shown} and ${all.length - 5} more` : shown;
}

/** What rules could not decide, collected over a run and told in one message: a first preview knows little. */
export class UndecidedBook {
  private readonly doubts = new Map<string, Doubt[]>();

  /** Notes that a rule can't tell about a resource, and why. */
  public add(reason: string, rule: string, resource: string): void {
    this.doubts.set(reason, [...(this.doubts.get(reason) ?? []), { rule, resource }]);
  }

  /** One line for each reason, with the rules and resources that it keeps apart. */
  public lines(): string[] {
    return [...this.doubts].map(([reason, doubts]) => {
      const rules = new Set(doubts.map(({ rule }) => rule));
      const resources = new Set(doubts.map(({ resource }) => resource));
      return `${reason}: ${few(resources)} not judged by ${[...rules].sort().join(", ")}`;
    });
  }
}
