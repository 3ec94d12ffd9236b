import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fields, type Fields } from "./structured-files";

/** Where levels and waivers of environments stand, as `prod.json`. */
export const configurationFolder = path.join(__dirname, "config");

/** The engine's own word for every policy. */
export const everyPolicy = "all";

/** The level that a configuration gives a policy; undefined when it says nothing of it. */
export function configuredLevel(configuration: Fields, policy: string): string | undefined {
  const own = configuration[policy];
  const level = typeof own === "string" ? own : fields(own)["enforcementLevel"];
  return typeof level === "string" ? level : undefined;
}

/** The configuration of an environment; an empty one where it has none. */
export function readConfiguration(folder: string, environment: string): Fields {
  try {
    return fields(JSON.parse(readFileSync(path.join(folder, `${environment}.json`), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

function strangers(configuration: Fields, policies: ReadonlySet<string>): string[] {
  return Object.keys(configuration)
    .filter((name) => name !== everyPolicy && !policies.has(name))
    .map((name) => `there is no policy ${name}. Fix: use names of docs/policies.md`);
}

/** The pack's own policies keep its books: without them waivers count for ever, and what nobody judged is not told. */
function silenced(configuration: Fields, bookkeeping: readonly string[]): string[] {
  return bookkeeping.flatMap((name) => {
    const own = configuredLevel(configuration, name);
    const level = own ?? configuredLevel(configuration, everyPolicy);
    if (level !== "disabled") return [];
    return own === undefined
      ? [`${everyPolicy} is ${level}, and so is ${name}. Fix: give ${name} another level, or ${everyPolicy}`]
      : [
          `${name} is ${level}, and the pack can't do without it. Fix: take ${name} out, or give it another level`,
        ];
  });
}

/**
 * Looks for names that no policy bears, which the engine takes without a word, so that a misspelt level or waiver would have no
 * effect; and for policies about the pack itself that are turned off.
 *
 * @param bookkeeping Names of the policies about the pack itself.
 * @throws naming every file and name that is wrong.
 */
export function checkConfigurations(
  policies: ReadonlySet<string>,
  bookkeeping: readonly string[],
  folder = configurationFolder,
): void {
  const problems = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file) => {
      const configuration = readConfiguration(folder, path.basename(file, ".json"));
      return [...strangers(configuration, policies), ...silenced(configuration, bookkeeping)].map(
        (problem) => `policies/config/${file}: ${problem}`,
      );
    });
  if (problems.length > 0) throw new Error(problems.join("; "));
}
