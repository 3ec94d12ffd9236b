import { z } from "zod";
import type { KeysInUse } from "../components/config/authentication-checks";
import { fixedSettingsOf } from "../components/config/fixed-settings";
import { settingsSchema } from "../components/config/schema";
import type { AuthorityGenerations } from "../components/pki/authority-generations";
import type { Architecture } from "../toolchain/architecture";
import type { WantedCluster } from "./cluster-step";
import { architectureOf, hostsBlock, listedHostsOf } from "./hosts-block";
import { readStackFile } from "./stack-file";

/** What commands must know of a stack's configuration before the program reads all of it. */
const configurationSchema = z.looseObject({
  config: z
    .looseObject({
      "redoubt:clusterName": z.string().optional(),
      "redoubt:hosts": hostsBlock.optional(),
      "redoubt:kubernetes": z.looseObject({ version: z.string().optional() }).optional(),
      // Optional by itself: one that is not there would make all the rest malformed.
      "redoubt:network": z.unknown().optional(),
      "redoubt:authentication": z
        .looseObject({
          serviceAccounts: z
            .looseObject({
              signingKey: z.number().default(1),
              acceptedKeys: z.array(z.number()).default([1]),
            })
            .prefault({}),
        })
        .prefault({}),
      "redoubt:pki": z
        .looseObject({
          authorities: z
            .looseObject({ issuing: z.number().default(1), trusted: z.array(z.number()).default([1]) })
            .prefault({}),
        })
        .prefault({}),
    })
    .optional(),
});

/** What commands know of a stack's configuration. */
export interface StackConfiguration {
  /** The name that machines of the stack carry. */
  readonly clusterName: string;
  /** Of the hosts. Default: that of the box. */
  readonly architecture: Architecture | undefined;
  /** Default: that of the schema. */
  readonly kubernetesVersion: string | undefined;
  /** Default: nothing is known of them. */
  readonly serviceAccountKeys: KeysInUse | undefined;
  /** Default: nothing is known of them. */
  readonly authorities: AuthorityGenerations | undefined;
  readonly cluster: WantedCluster;
}

function wantedCluster(
  clusterName: string,
  network: unknown,
  hosts: z.infer<typeof hostsBlock> | undefined,
): WantedCluster {
  const parsed = settingsSchema.shape.network.safeParse(network);
  return {
    fixedSettings: parsed.success ? fixedSettingsOf(clusterName, parsed.data) : undefined,
    listedHosts: listedHostsOf(hosts),
  };
}

/**
 * What commands must know before the program reads all of it.
 *
 * @param file The content of `Pulumi.<stack>.yaml`.
 */
export function configurationOf(stack: string, file: unknown): StackConfiguration {
  const parsed = configurationSchema.safeParse(file);
  // What is malformed is the program's to report, with all the rest.
  const config = parsed.success ? parsed.data.config : undefined;
  const hosts = config?.["redoubt:hosts"];
  const clusterName = config?.["redoubt:clusterName"] ?? stack;
  return {
    clusterName,
    cluster: wantedCluster(clusterName, config?.["redoubt:network"], hosts),
    architecture: architectureOf(hosts),
    kubernetesVersion: config?.["redoubt:kubernetes"]?.version,
    serviceAccountKeys: config?.["redoubt:authentication"].serviceAccounts,
    authorities: config?.["redoubt:pki"].authorities,
  };
}

/** That of a stack of this checkout. */
export function readConfiguration(stack: string): StackConfiguration {
  return configurationOf(stack, readStackFile(stack));
}
