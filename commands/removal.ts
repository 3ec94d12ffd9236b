import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { saveOnce } from "./save-once";
import { CommandFailed } from "./shell";
import { dataFolder } from "./stack";

/** How much a removal must write down while it goes on. */
type Bookkeeping =
  /** What is left, after each resource: what is on AWS would be lost from sight if the engine were killed. */
  | "each-resource"
  /** That it began: machines of this box can be removed twice, but the state then names what is gone. */
  | "beginning"
  /** Nothing: hosts of an inventory are left as they are. */
  | "none";

function bookkeepingOf(hostProvider: string | undefined, args: readonly string[]): Bookkeeping {
  // Arguments may name a part of the stack, and nobody could tell later which.
  if (args.length > 0) return "each-resource";
  if (hostProvider === "local") return "beginning";
  return hostProvider === "inventory" ? "none" : "each-resource";
}

/** Exists while a removal goes on, and after one that was killed. */
function markOf(stack: string): string {
  return path.join(dataFolder(), "removing", stack);
}

/** Leaves the mark if the removal is cut off; when it ends by itself, in failure too, the state is right. */
async function marked(stack: string, remove: () => Promise<void>): Promise<void> {
  const mark = markOf(stack);
  mkdirSync(path.dirname(mark), { recursive: true, mode: 0o700 });
  writeFileSync(mark, "");
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof CommandFailed && error.killed)) rmSync(mark);
    throw error;
  }
  rmSync(mark);
}

/** What {@link removeStack} removes. */
export interface Removal {
  readonly stack: string;
  /** As `hosts.provider`; undefined where that can't be told. */
  readonly hostProvider: string | undefined;
  /** Of the user, for `pulumi destroy`. */
  readonly args: readonly string[];
  /** Runs the engine with these variables beside its others. */
  readonly destroy: (variables: Readonly<Record<string, string>>) => Promise<void>;
}

/**
 * Removes a stack. Where nothing can get lost the state is saved once, at the end, and not twice for each resource, which is most of the
 * engine's work.
 *
 * @throws what the engine's run throws.
 */
export async function removeStack({ stack, hostProvider, args, destroy }: Removal): Promise<void> {
  const atOnce = (): Promise<void> => destroy(saveOnce);
  switch (bookkeepingOf(hostProvider, args)) {
    case "each-resource":
      return destroy({});
    case "beginning":
      return marked(stack, atOnce);
    case "none":
      return atOnce();
  }
}

/**
 * Refuses to change or show a stack whose removal was cut off.
 *
 * @throws naming the command that completes the removal.
 */
export function refuseHalfRemoved(stack: string): void {
  if (!existsSync(markOf(stack))) return;
  throw new Error(
    `stack ${stack}: its removal was cut off, so its state names what may be gone. Fix: npm run destroy -- --stack ${stack}, which completes it`,
  );
}
