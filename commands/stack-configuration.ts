import { z } from "zod";
import type { IssuersInUse, KeysInUse } from "../components/config/authentication-checks";
import { defaultIssuer } from "../components/config/authentication-settings";
import { fixedHostsOf } from "../components/config/fixed-hosts";
import { fixedSettingsOf } from "../components/config/fixed-settings";
import { settingsSchema } from "../components/config/schema";
import type { AuthorityGenerations } from "../components/pki/authority-generations";
import type { StackKeyOptions } from "../components/hosts/stack-key-generations";
import type { EncryptionKeyOptions } from "../components/pki/encryption-generations";
import type { Architecture } from "../toolchain/architecture";
import type { OptionalPart } from "../toolchain/manifest";
import type { WantedCluster } from "./cluster-step";
import { architectureOf, hostsBlock, listedHostsOf } from "./hosts-block";
import { readStackFile } from "./stack-file";

const configurationSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).nullish() });

/** A block that Pulumi encrypted as a whole: nothing is known of it, and not that it has its defaults. */
const encrypted = z.strictObject({ secure: z.string() });

/** Each block by itself: one that is malformed must not hide the others. */
const blocks = {
  clusterName: z.string().optional(),
  hosts: hostsBlock.prefault({}),
  kubernetes: z.looseObject({ version: z.string().optional() }).optional(),
  metricsServer: z.looseObject({ enabled: z.boolean().default(false) }).prefault({}),
  network: settingsSchema.shape.network,
  authentication: z
    .looseObject({
      serviceAccounts: z
        .looseObject({
          issuer: z.string().optional(),
          acceptedIssuers: z.array(z.string()).default([]),
          signingKey: z.number().default(1),
          acceptedKeys: z.array(z.number()).default([1]),
        })
        .prefault({}),
    })
    .prefault({}),
  apiServer: z
    .looseObject({
      encryptionKeys: z
        .looseObject({ encrypting: z.number().default(1), decrypting: z.array(z.number()).default([1]) })
        .prefault({}),
    })
    .prefault({}),
  pki: z
    .looseObject({
      authorities: z
        .looseObject({ issuing: z.number().default(1), trusted: z.array(z.number()).default([1]) })
        .prefault({}),
    })
    .prefault({}),
} as const;
type BlockName = keyof typeof blocks;

/** What commands know of a stack's configuration. */
export interface StackConfiguration {
  /** The name that machines of the stack carry. */
  readonly clusterName: string;
  /** Of the hosts. Default: that of the box. */
  readonly architecture: Architecture | undefined;
  /** Default: that of the schema. */
  readonly kubernetesVersion: string | undefined;
  /** Parts that are off unless they are configured, as far as they have programs of their own. */
  readonly parts: readonly OptionalPart[];
  /** Default: nothing is known of them. */
  readonly serviceAccountKeys: KeysInUse | undefined;
  /** Default: nothing is known of them. */
  readonly issuers: IssuersInUse | undefined;
  /** Default: nothing is known of them. */
  readonly authorities: AuthorityGenerations | undefined;
  /** Default: nothing is known of them. */
  readonly encryptionKeys: EncryptionKeyOptions | undefined;
  /** Default: nothing is known of them. */
  readonly stackKeys: StackKeyOptions | undefined;
  readonly cluster: WantedCluster;
  /** Instance type of control planes on AWS. Default: there are none, or nothing is known of them. */
  readonly controlPlaneType: string | undefined;
}

/**
 * What commands must know before the program reads all of it.
 *
 * @param file The content of `Pulumi.<stack>.yaml`.
 */
export function configurationOf(stack: string, file: unknown): StackConfiguration {
  const config = configurationSchema.safeParse(file).data?.config ?? {};
  // What is malformed is the program's to report, with all the rest.
  const isHidden = (name: string): boolean => encrypted.safeParse(config[`redoubt:${name}`]).success;
  const read = <Name extends BlockName>(name: Name): z.infer<(typeof blocks)[Name]> | undefined =>
    isHidden(name)
      ? undefined
      : (blocks[name].safeParse(config[`redoubt:${name}`]).data as
          z.infer<(typeof blocks)[Name]> | undefined);
  const hosts = read("hosts");
  const network = read("network");
  const allHosts = settingsSchema.shape.hosts.safeParse(config["redoubt:hosts"]).data;
  const clusterName = read("clusterName") ?? stack;
  const isUnnamed = isHidden("clusterName");
  const accounts = read("authentication")?.serviceAccounts;
  return {
    clusterName,
    cluster: {
      fixedSettings: network === undefined || isUnnamed ? undefined : fixedSettingsOf(clusterName, network),
      fixedHosts: allHosts === undefined || isUnnamed ? undefined : fixedHostsOf(clusterName, allHosts),
      listedHosts: listedHostsOf(hosts, network?.podCidr),
    },
    controlPlaneType: allHosts?.provider === "aws" ? allHosts.aws?.instanceTypes.controlPlane : undefined,
    architecture: architectureOf(hosts),
    kubernetesVersion: read("kubernetes")?.version,
    parts: read("metricsServer")?.enabled === true ? ["metricsServer"] : [],
    serviceAccountKeys: accounts,
    issuers:
      accounts === undefined || network === undefined
        ? undefined
        : {
            issuer: accounts.issuer ?? defaultIssuer(network.clusterDomain),
            acceptedIssuers: accounts.acceptedIssuers,
          },
    authorities: read("pki")?.authorities,
    encryptionKeys: read("apiServer")?.encryptionKeys,
    stackKeys: hosts?.stackKeys,
  };
}

/** That of a stack of this checkout. */
export function readConfiguration(stack: string): StackConfiguration {
  return configurationOf(stack, readStackFile(stack));
}
