import { z } from "zod";
import type { ListedHost } from "../components/config/host-step";
import { inventoryPodCidr } from "../components/config/layout";
import { ipAddress } from "../components/config/schema-types";
import { architectures, type Architecture } from "../toolchain/architecture";

/** What is malformed is the program's to report, with all the rest. */
const processors = z
  .looseObject({ architecture: z.enum(architectures).optional() })
  .optional()
  .catch(undefined);

/** A host as a configuration lists it, and as outputs tell of it. */
export const listedHost = z.looseObject({
  name: z.string(),
  role: z.enum(["control-plane", "worker"]),
  address: z.string().optional(),
  podCidr: z.string().optional(),
});

const listedHosts = z.looseObject({ hosts: z.array(listedHost) });

/** `hosts` of a stack's configuration, as far as commands must know it before the program reads all of it. */
export const hostsBlock = z.looseObject({
  provider: z.string().optional(),
  stackKeys: z
    .looseObject({ connecting: z.number().default(1), authorized: z.array(z.number()).default([1]) })
    .prefault({}),
  inventory: processors,
  aws: processors,
});

/**
 * The hosts of an inventory; undefined where they are no inventory's, or are malformed.
 *
 * @param podCidr Network of all pods; undefined where nothing is known of it.
 */
export function listedHostsOf(
  hosts: z.infer<typeof hostsBlock> | undefined,
  podCidr: string | undefined,
): ListedHost[] | undefined {
  if (hosts?.provider !== "inventory") return undefined;
  const inventory = listedHosts.safeParse(hosts.inventory);
  if (!inventory.success) return undefined;
  return inventory.data.hosts.map((host) => {
    const { name, role, address } = host;
    const countsTo = ipAddress.safeParse(address).data;
    const derives = podCidr !== undefined && countsTo !== undefined;
    const ofPods = derives ? inventoryPodCidr(podCidr, { ...host, address: countsTo }) : host.podCidr;
    return { name, role, address, podCidr: ofPods };
  });
}

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
