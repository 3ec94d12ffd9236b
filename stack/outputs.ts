import * as pulumi from "@pulumi/pulumi";
import { loginClientId } from "../components/access/dex";
import type { HardenedHost } from "../components/hosts/hardened-host";
import type { HostProvider, MadeOnAws } from "../components/hosts/host";
import { isStackKeyRotated, type StackKeyOptions } from "../components/hosts/stack-key-generations";
import type { ConnectivityProbe } from "../components/network/probe";
import { fixedHostsOf, type FixedHosts } from "../components/config/fixed-hosts";
import { fixedSettingsOf, type FixedSettings } from "../components/config/fixed-settings";
import { isRotated, type AuthorityGenerations } from "../components/pki/authority-generations";
import type { ClusterPki } from "../components/pki/cluster-pki";
import { isEncryptionRotated, type EncryptionKeyOptions } from "../components/pki/encryption-generations";
import { renewalWindow, type Expiries, type RenewalWindow } from "../components/pki/expiry";
import { jsonWebKeySet, type JsonWebKeySet } from "../components/pki/jwks";
import type { HostRole } from "../components/plan/ports";
import type { Blueprint } from "./blueprint";
import type { CertifiedPerson } from "./certificates";

/** What `npm run login` must know; nothing of it is secret. */
export interface LoginParameters {
  readonly clusterName: string;
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the authorities that sign its certificate. */
  readonly certificateAuthority: pulumi.Output<string>;
  /** Left out where the stack runs none. */
  readonly identityProvider?: {
    /** Its URL. */
    readonly issuer: string;
    readonly clientId: string;
    /** Who answers for names and passwords. */
    readonly passwordConnector: string;
  };
}

/** What the user needs after `up`, and what commands and the next `up` go by. */
export interface StackOutputs {
  /** Version that runs; `up` refuses to skip a minor from here. */
  readonly kubernetesVersion: string;
  /** What the cluster was made with and can't change; `up` refuses another value. */
  readonly fixedSettings: FixedSettings;
  /** What no `up` may change of where hosts are, and how they are reached. */
  readonly fixedHosts: FixedHosts;
  /** URL of the API server. */
  readonly endpoint: string;
  /** Kubeconfig of the administrator; secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Kubeconfigs of people by name; secret. */
  readonly userKubeconfigs: pulumi.Output<Record<string, string>>;
  /** Left out where nobody logs in by OpenID Connect: the engine would warn of a value that is undefined. */
  readonly login?: LoginParameters;
  /** The key that logs in to every host; secret. */
  readonly sshPrivateKey: pulumi.Output<string>;
  /** Every node with its address and the network of its pods; `up` refuses another network of a node. */
  readonly nodeTable: readonly {
    readonly name: string;
    readonly role: HostRole;
    readonly address: string;
    readonly podCidr: string;
  }[];
  /** Who verifies tokens of service accounts outside the cluster needs this: `iss`, and the keys as a JSON Web Key Set. */
  readonly serviceAccountIssuer: { readonly issuer: string; readonly jwks: pulumi.Output<JsonWebKeySet> };
  /** Left out where hosts are not on AWS. */
  readonly aws?: MadeOnAws;
  /** Which keys of service account tokens sign and are accepted; `up` refuses a step that would log workloads out. */
  readonly serviceAccountKeys: { readonly signingKey: number; readonly acceptedKeys: readonly number[] };
  /** Which generations of the authorities issue and are trusted; left out before the first rotation. `up` refuses a step that skips one. */
  readonly authorities?: AuthorityGenerations;
  /** Which keys encrypt and decrypt in etcd; left out before the first rotation. `up` refuses a step that skips one. */
  readonly encryptionKeys?: EncryptionKeyOptions;
  /** Which SSH keys the stack logs in with and hosts let in; left out before the first rotation. `up` refuses a step that skips one. */
  readonly stackKeys?: StackKeyOptions;
  /** PEM of the authorities by which a webhook knows the API servers that ask it. */
  readonly webhookClientAuthority: pulumi.Output<string>;
  /** When each certificate expires. */
  readonly certificateExpiry: pulumi.Output<Expiries>;
  /** When the next `up` must run, though nothing changes: it issues the leaf certificates anew. */
  readonly certificateRenewal: pulumi.Output<RenewalWindow | undefined>;
  /** What hosts could not be given, and why: a container can't do everything that a machine can. */
  readonly notApplicable: pulumi.Output<Record<string, unknown>>;
  /** What the probe saw, and what it could not show. */
  readonly connectivity: {
    readonly flowsAsDeclared: pulumi.Output<number>;
    readonly notProbed: ConnectivityProbe["notProbed"];
  };
  /** What to do next. */
  readonly next: string;
}

/** Where outputs come from. */
export interface OutputSources {
  readonly machines: HostProvider;
  readonly pki: ClusterPki;
  readonly people: readonly CertifiedPerson[];
  readonly hosts: readonly HardenedHost[];
  readonly probe: ConnectivityProbe;
}

function loginParameters({ settings, issuers }: Blueprint, pki: ClusterPki): LoginParameters | undefined {
  const { identityProvider } = issuers;
  if (identityProvider === undefined && settings.authentication.oidc.length === 0) return undefined;
  const cluster = {
    clusterName: settings.clusterName,
    server: pki.server,
    certificateAuthority: pki.kubernetesAuthority.trusted,
  };
  if (identityProvider === undefined) return cluster;
  const { issuer, passwordConnector } = identityProvider;
  return { ...cluster, identityProvider: { issuer, clientId: loginClientId, passwordConnector } };
}

function notApplicable(hosts: readonly HardenedHost[]): pulumi.Output<Record<string, unknown>> {
  const reports = hosts.map(({ spec, applied }) =>
    applied.report.apply((report) => [spec.name, report.notApplicable] as const),
  );
  return pulumi.all(reports).apply((entries) => Object.fromEntries(entries));
}

/** The outputs of the stack. */
export function stackOutputs(blueprint: Blueprint, sources: OutputSources): StackOutputs {
  const { machines, pki, people, hosts, probe } = sources;
  const { kubernetes, authentication, clusterName, network, pki: settings } = blueprint.settings;
  const { authorities } = settings;
  const { encryptionKeys } = blueprint.settings.apiServer;
  const { stackKeys } = blueprint.settings.hosts;
  const { issuer, signingKey, acceptedKeys } = authentication.serviceAccounts;
  const login = loginParameters(blueprint, pki);
  return {
    kubernetesVersion: kubernetes.version,
    fixedSettings: fixedSettingsOf(clusterName, network),
    fixedHosts: fixedHostsOf(clusterName, blueprint.settings.hosts),
    endpoint: pki.server,
    kubeconfig: pki.adminKubeconfig,
    userKubeconfigs: pulumi.secret(
      Object.fromEntries(people.map(({ name, certificate }) => [name, certificate.kubeconfig])),
    ),
    ...(login === undefined ? {} : { login }),
    sshPrivateKey: machines.stackKeys.privateKey,
    nodeTable: hosts.map(({ spec: { name, role, address, podCidr } }) => ({ name, role, address, podCidr })),
    ...(machines.aws === undefined ? {} : { aws: machines.aws }),
    serviceAccountIssuer: { issuer, jwks: pki.serviceAccountKeys.publicKeys.apply(jsonWebKeySet) },
    serviceAccountKeys: { signingKey, acceptedKeys },
    ...(isRotated(authorities) ? { authorities } : {}),
    ...(isEncryptionRotated(encryptionKeys) ? { encryptionKeys } : {}),
    ...(isStackKeyRotated(stackKeys) ? { stackKeys } : {}),
    webhookClientAuthority: pki.webhookAuthority.trusted,
    certificateExpiry: pki.expiries,
    certificateRenewal: pki.expiries.apply((expiries) => renewalWindow(expiries, settings.renewBeforeHours)),
    notApplicable: notApplicable(hosts),
    connectivity: { flowsAsDeclared: probe.flows, notProbed: probe.notProbed },
    next: `(umask 077; pulumi stack output kubeconfig --show-secrets --stack ${pulumi.getStack()} >kubeconfig); kubectl --kubeconfig kubeconfig get nodes`,
  };
}
