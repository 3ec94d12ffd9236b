import { z } from "zod";
import { projectFolder } from "./stack";
import { readStackFile } from "./stack-file";

const configurationSchema = z.looseObject({
  config: z.looseObject({ "redoubt:secrets": z.unknown().optional() }).optional(),
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Paths of values that Pulumi did not encrypt; one that it did is an object with `secure` alone. */
function plainPaths(value: unknown, at: string): string[] {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) return [at];
  if (typeof value["secure"] === "string" && Object.keys(value).length === 1) return [];
  return Object.entries(value).flatMap(([key, inner]) => plainPaths(inner, `${at}.${key}`));
}

/**
 * Refuses secrets that stand in the configuration in clear. Pulumi calls a whole key secret as soon as one value in it is, so the program
 * can't tell; the file does.
 *
 * @throws naming each, and not its value.
 */
export function refusePlainSecrets(stack: string, folder = projectFolder): void {
  const parsed = configurationSchema.safeParse(readStackFile(stack, folder));
  const plain = parsed.success ? plainPaths(parsed.data.config?.["redoubt:secrets"], "redoubt:secrets") : [];
  if (plain.length === 0) return;
  const lines = plain.map(
    (setting) =>
      `  - ${setting}: is in plain text in Pulumi.${stack}.yaml. Fix: pulumi config set --stack ${stack} --secret --path '${setting}', and change what was in clear`,
  );
  throw new Error(`secrets must be encrypted:\n${lines.join("\n")}`);
}
