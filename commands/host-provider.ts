import { z } from "zod";
import { projectFolder } from "./stack";
import { readStackFile } from "./stack-file";

const configurationSchema = z.looseObject({
  config: z
    .looseObject({ "redoubt:hosts": z.looseObject({ provider: z.string().optional() }).optional() })
    .optional(),
});

/**
 * Where the hosts of a stack come from, as `hosts.provider`: machines of this box where nothing else is configured; undefined where
 * that can't be told. What is malformed is the program's to report, and until then no reason to be less careful.
 */
export function hostProviderOf(stack: string, folder = projectFolder): string | undefined {
  const parsed = configurationSchema.safeParse(readStackFile(stack, folder));
  return parsed.success ? (parsed.data.config?.["redoubt:hosts"]?.provider ?? "local") : undefined;
}
