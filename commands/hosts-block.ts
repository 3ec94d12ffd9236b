import { z } from "zod";
import { architectures, type Architecture } from "../toolchain/architecture";

/** What is malformed is the program's to report, with all the rest. */
const processors = z
  .looseObject({ architecture: z.enum(architectures).optional() })
  .optional()
  .catch(undefined);

/** `hosts` of a stack's configuration, as far as commands must know it before the program reads all of it. */
export const hostsBlock = z.looseObject({
  provider: z.string().optional(),
  inventory: processors,
  aws: processors,
});

/** Processors for which the toolchain shall make what hosts install; undefined where nothing is said, as of local machines. */
export function architectureOf(hosts: z.infer<typeof hostsBlock> | undefined): Architecture | undefined {
  switch (hosts?.provider) {
    case "aws":
      return hosts.aws?.architecture;
    case "inventory":
      return hosts.inventory?.architecture;
    default:
      return undefined;
  }
}
