import type * as pulumi from "@pulumi/pulumi";
import { Access } from "../components/access/access";
import { AdmissionPolicies } from "../components/access/admission-policies";
import { IdentityProvider } from "../components/access/identity-provider";
import { NodeBootstrap } from "../components/access/node-bootstrap";
import { ServiceAccountGuard } from "../components/access/service-account-guard";
import { TrustedIssuers } from "../components/access/trusted-issuers";
import type { ControlPlane } from "../components/control-plane/control-plane";
import type { HardenedHost } from "../components/hosts/hardened-host";
import type { Blueprint } from "./blueprint";

/** Roles and who has them; people with passwords, or in a directory, and from elsewhere. */
export function grantAccess(
  { settings, catalogue, issuers }: Blueprint,
  hosts: readonly HardenedHost[],
  controlPlane: ControlPlane,
  inCluster: pulumi.ComponentResourceOptions,
): Access {
  const { identityProvider, outside, authenticationConfiguration } = issuers;
  const { artifacts } = catalogue;
  const metrics = settings.metricsServer.enabled;
  const access = new Access("access", { ...settings.access, metrics }, inCluster);
  new IdentityProvider(
    "identity-provider",
    {
      hosts,
      options: identityProvider,
      secrets: settings.secrets,
      authorities: settings.pki.authorities,
      artifacts,
    },
    inCluster,
  );
  if (authenticationConfiguration !== undefined) {
    new TrustedIssuers("issuers", {
      hosts,
      outside,
      shownConfiguration: authenticationConfiguration("the authority of the cluster"),
      controlPlane: controlPlane.applied,
    });
  }
  return access;
}

/** Tokens of machines: none that nobody asked for, none that never expires. `after`: what makes the namespaces. */
export function guardTokens(
  { settings }: Blueprint,
  after: pulumi.Resource,
  inCluster: pulumi.ComponentResourceOptions,
): void {
  const { serviceAccounts, bootstrapTokens } = settings.authentication;
  const namespaces = settings.namespaces.map(({ name }) => name);
  const { discoveryGroups } = serviceAccounts;
  new ServiceAccountGuard(
    "service-accounts",
    { namespaces, discoveryGroups },
    { ...inCluster, dependsOn: after },
  );
  if (bootstrapTokens) new NodeBootstrap("node-bootstrap", inCluster);
}

/** What rights in one namespace must not do to the others, and where images of pods may come from. */
export function guardNeighbours({ settings }: Blueprint, inCluster: pulumi.ComponentResourceOptions): void {
  new AdmissionPolicies("admission", settings.images, inCluster);
}
