import * as pulumi from "@pulumi/pulumi";
import { UserCertificate } from "../components/access/user-certificate";
import { renderEncryptionConfiguration } from "../components/control-plane/encryption";
import { staticTokenFiles } from "../components/control-plane/static-tokens";
import { ClusterPki } from "../components/pki/cluster-pki";
import { clientAuthoritiesFile } from "../components/pki/host-files";
import type { SecretFileSpec } from "../components/plan/plan";
import type { Blueprint } from "./blueprint";

/** A person who comes in by a certificate. */
export interface CertifiedPerson {
  readonly name: string;
  readonly certificate: UserCertificate;
}

/** Every authority, key and certificate of the cluster itself. */
export function issueCertificates({ settings, layout, issuers }: Blueprint): ClusterPki {
  const { clusterName, network, apiServer, authentication } = settings;
  return new ClusterPki("pki", {
    ...settings.pki,
    ...layout,
    clusterName,
    clusterDomain: network.clusterDomain,
    subjectAltNames: apiServer.subjectAltNames,
    serviceAccountKeys: authentication.serviceAccounts,
    encryptionKeys: apiServer.encryptionKeys,
    encryptionConfiguration: (keys) => renderEncryptionConfiguration(apiServer.encryptionProvider, keys),
    identityProvider: issuers.identityProvider !== undefined,
    metricsServer: settings.metricsServer.enabled,
    authenticationConfiguration: issuers.authenticationConfiguration,
  });
}

/** People, each with an authority that the API server knows as long as the person may come in. */
export function certifyPeople({ settings }: Blueprint, pki: ClusterPki): CertifiedPerson[] {
  return settings.access.users.map((user) => ({
    name: user.name,
    certificate: new UserCertificate(`user-${user.name}`, {
      clusterName: settings.clusterName,
      user: user.name,
      group: user.group,
      validityHours: user.validityHours,
      serverAuthority: pki.kubernetesAuthority.trusted,
      server: pki.server,
      // Who has another group must not keep what the old one may, nor who has fewer hours the old ones.
      epoch: [settings.pki.epoch, user.epoch, user.group, user.validityHours].join("."),
    }),
  }));
}

/** What control planes hold beside their own keys: who may come in by a certificate, and who by a static token. */
export function admittanceFiles(
  { settings }: Blueprint,
  pki: ClusterPki,
  people: readonly CertifiedPerson[],
): pulumi.Input<readonly SecretFileSpec[]>[] {
  const authorities = pulumi.all([
    pki.kubernetesAuthority.trusted,
    pki.adminAuthority.trusted,
    ...people.map(({ certificate }) => certificate.authority),
  ]);
  const { users } = settings.authentication.staticTokens;
  return [
    authorities.apply((known) => [clientAuthoritiesFile(known)]),
    pulumi.secret(settings.secrets.staticTokens).apply((tokens) => staticTokenFiles(users, tokens)),
  ];
}
