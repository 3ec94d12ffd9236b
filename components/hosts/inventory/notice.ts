import { appendFileSync } from "node:fs";

/** Names the file that collects {@link notice}s, for programs that the engine runs: of those it shows nobody what they say. */
export const noticesVariable = "REDOUBT_NOTICES";

/** Tells the operator, one line: on stderr, and in the file of whoever started the engine, if that is named. */
export function notice(text: string): void {
  process.stderr.write(`${text}\n`);
  const file = process.env[noticesVariable];
  if (file !== undefined) appendFileSync(file, `${text}\n`);
}
