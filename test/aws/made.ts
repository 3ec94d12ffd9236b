import type { Question } from "./questioner";

/** Who answers for an account. */
export interface Asked {
  ask(question: Question): Promise<unknown>;
}

/** A question whose query gives pairs of a thing and what is said of it. */
export type TableQuestion = Question & { readonly query: string };

const isPair = (row: unknown): row is readonly [string, unknown] =>
  Array.isArray(row) && row.length === 2 && typeof row[0] === "string";

/** What a list holds, in an order that depends on nothing else; AWS promises none. */
export function inOrder(list: unknown): unknown[] {
  const text = (item: unknown): string => JSON.stringify(item);
  return [list].flat().sort((one, other) => (text(one) < text(other) ? -1 : 1));
}

/** What bears the tags of a stack in an account, by the names that people read there. */
export class Made implements Asked {
  private readonly tagged: object;

  private constructor(
    private readonly account: Asked,
    private readonly cluster: string,
    private readonly nameOfId: ReadonlyMap<string, string>,
  ) {
    this.tagged = {
      Filters: ["redoubt:cluster", "redoubt:stack"].map((key) => ({ Name: `tag:${key}`, Values: [cluster] })),
    };
  }

  /** Learns the names; the stack and the cluster are called the same. */
  public static async by(account: Asked, cluster: string): Promise<Made> {
    const tags = await account.ask({
      service: "ec2",
      operation: "describe_tags",
      parameters: { Filters: [{ Name: "key", Values: ["Name"] }] },
      query: "Tags[].[ResourceId, Value]",
    });
    const interfaces = await account.ask({
      service: "ec2",
      operation: "describe_instances",
      query:
        "Reservations[].Instances[].[NetworkInterfaces[0].NetworkInterfaceId, Tags[?Key=='Name'] | [0].Value]",
    });
    const named = [tags, interfaces].flat().filter(isPair);
    const short = named.map(([id, name]) => [id, String(name).replace(`${cluster}-`, "")] as const);
    return new Made(account, cluster, new Map(short));
  }

  /** An answer of the account in which names stand for ids. */
  public async ask(question: Question): Promise<unknown> {
    const answer = JSON.stringify(await this.account.ask(question));
    return JSON.parse(answer, (_key, value: unknown) =>
      typeof value === "string" ? (this.nameOfId.get(value) ?? value) : value,
    );
  }

  /** What EC2 says of everything of a kind that bears the stack's tags, by name. */
  public async table(operation: string, query: string): Promise<Record<string, unknown>> {
    const rows = await this.ask({ service: "ec2", operation, query, parameters: this.tagged });
    if (!Array.isArray(rows) || !rows.every(isPair)) throw new Error(`${query} gives no pairs`);
    return Object.fromEntries(rows);
  }

  /** Id of what has that name; things of several kinds may have it. */
  public idOf(kind: "i" | "sg" | "subnet" | "vpc", name: string): string {
    for (const [id, known] of this.nameOfId) if (known === name && id.startsWith(`${kind}-`)) return id;
    throw new Error(`${this.cluster} has no ${name}`);
  }
}
