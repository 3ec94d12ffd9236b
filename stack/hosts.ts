import type * as pulumi from "@pulumi/pulumi";
import { hardeningOptions } from "../components/config/hardening-options";
import { HardenedHost } from "../components/hosts/hardened-host";
import { hardeningFragments } from "../components/hosts/hardening/harden";
import type { HostProvider, HostSpec } from "../components/hosts/host";
import { hostName } from "../components/hosts/host-name";
import { serviceAccounts } from "../components/hosts/service-accounts";
import type { ClusterPki } from "../components/pki/cluster-pki";
import type { PlanFragment } from "../components/plan/plan";
import { joinSecretFiles } from "../components/plan/secret-files";
import { admittanceFiles, type CertifiedPerson } from "./certificates";
import type { Blueprint } from "./blueprint";

/** What is to be true of a host before Kubernetes comes. */
function fragmentsOf(
  { settings, layout, issuers }: Blueprint,
  machines: HostProvider,
  spec: HostSpec,
): Readonly<Record<string, PlanFragment>> {
  const identityProvider = issuers.identityProvider !== undefined;
  return {
    ...hardeningFragments(hardeningOptions(settings, layout, spec)),
    ...machines.fragments,
    "host-name": hostName(spec),
    "service-accounts": serviceAccounts(spec.role, {
      identityProvider,
      metricsServer: settings.metricsServer.enabled,
    }),
  };
}

/**
 * Machines, hardened, each with its own keys. Keys of control planes change on one host after the other: what breaks an API server
 * stops there.
 */
export function hardenHosts(
  blueprint: Blueprint,
  machines: HostProvider,
  pki: ClusterPki,
  people: readonly CertifiedPerson[],
): HardenedHost[] {
  const logins = { ...blueprint.settings.hosts, stackPublicKeys: machines.stackKeys.authorizedKeys };
  const admittance = admittanceFiles(blueprint, pki, people);
  let controlPlaneBefore: readonly pulumi.Resource[] = [];
  return machines.hosts.map((host) => {
    const { spec } = host;
    const fragments = fragmentsOf(blueprint, machines, spec);
    const keys = pki.filesFor(spec.name);
    if (spec.role === "worker") {
      return new HardenedHost(spec.name, { host, fragments, logins, secretFiles: joinSecretFiles(keys) });
    }
    const secretFiles = joinSecretFiles(keys, ...admittance);
    const secretsAfter = controlPlaneBefore;
    const hardened = new HardenedHost(spec.name, { host, fragments, logins, secretFiles, secretsAfter });
    controlPlaneBefore = hardened.ready;
    return hardened;
  });
}
