import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fields } from "./structured-files";

/** Where levels and waivers of environments stand, as `prod.json`. */
export const configurationFolder = path.join(__dirname, "config");

/** The engine's own word for every policy. */
const everyPolicy = "all";

/**
 * Looks for names that no policy bears. The engine takes them without a word, and a misspelt level or waiver would have no effect.
 *
 * @throws naming every file and name that is wrong.
 */
export function checkConfigurations(policies: ReadonlySet<string>, folder = configurationFolder): void {
  const problems = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file) => {
      const content = fields(JSON.parse(readFileSync(path.join(folder, file), "utf8")));
      return Object.keys(content)
        .filter((name) => name !== everyPolicy && !policies.has(name))
        .map((name) => `policies/config/${file}: there is no policy ${name}`);
    });
  if (problems.length === 0) return;
  throw new Error(`${problems.join("; ")}. Fix: use names of docs/policies.md`);
}
