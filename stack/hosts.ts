import * as pulumi from "@pulumi/pulumi";
import { hardeningOptions } from "../components/config/hardening-options";
import { HardenedHost } from "../components/hosts/hardened-host";
import { hardeningFragments } from "../components/hosts/hardening/harden";
import type { HostProvider, HostSpec } from "../components/hosts/host";
import { hostName } from "../components/hosts/host-name";
import { serviceAccounts } from "../components/hosts/service-accounts";
import { registryLoginFiles } from "../components/node/registries";
import type { ClusterPki } from "../components/pki/cluster-pki";
import type { PlanFragment, SecretFileSpec } from "../components/plan/plan";
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

/** What every host logs in to registries with. */
function registryLogins({ settings }: Blueprint): pulumi.Output<SecretFileSpec[]> {
  const { images, secrets } = settings;
  return pulumi
    .secret(secrets.registryPasswords)
    .apply((passwords) => registryLoginFiles(images.registries, passwords));
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
  const atRegistries = registryLogins(blueprint);
  let controlPlaneBefore: readonly pulumi.Resource[] = [];
  return machines.hosts.map((host) => {
    const { spec } = host;
    const fragments = fragmentsOf(blueprint, machines, spec);
    const keys = pki.filesFor(spec.name);
    if (spec.role === "worker") {
      const secretFiles = joinSecretFiles(keys, atRegistries);
      return new HardenedHost(spec.name, { host, fragments, logins, secretFiles });
    }
    const secretFiles = joinSecretFiles(keys, atRegistries, ...admittance);
    const secretsAfter = controlPlaneBefore;
    const hardened = new HardenedHost(spec.name, { host, fragments, logins, secretFiles, secretsAfter });
    controlPlaneBefore = hardened.ready;
    return hardened;
  });
}
