import { readScript, type ScriptContents } from "../components/plan/read-script";
import type { Properties } from "./preview";

/** What a command sends to its host. */
export function stdinOf(inputs: Properties | undefined): string | undefined {
  const stdin = inputs?.["stdin"];
  return typeof stdin === "string" ? stdin : undefined;
}

/** What is in a script; undefined for one that this version can't read, which is judged as a text. */
export function scriptOf(script: string | undefined): ScriptContents | undefined {
  try {
    return readScript(script ?? "");
  } catch {
    return undefined;
  }
}
