import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Access } from "./components/access/access";
import { NodeBootstrap } from "./components/access/node-bootstrap";
import { ServiceAccountGuard } from "./components/access/service-account-guard";
import { loginClientId } from "./components/access/dex";
import { IdentityProvider } from "./components/access/identity-provider";
import { identityProviderIssuer } from "./components/access/trusted-issuer";
import { TrustedIssuers } from "./components/access/trusted-issuers";
import { UserCertificate } from "./components/access/user-certificate";
import {
  artifactsFor,
  checkArtifactVersion,
  imageArchives,
  imageReference,
  readArtifacts,
} from "./components/config/artifacts";
import { hardeningOptions } from "./components/config/hardening-options";
import { identityProviderOptions, outsideIssuers } from "./components/config/identity-provider-options";
import { hostSource } from "./components/config/host-source";
import { clusterLayout } from "./components/config/layout";
import { readSettings } from "./components/config/settings";
import { renderAuthenticationConfiguration } from "./components/control-plane/authentication-configuration";
import { ControlPlane } from "./components/control-plane/control-plane";
import { renderEncryptionConfiguration } from "./components/control-plane/encryption";
import { staticTokenFiles } from "./components/control-plane/static-tokens";
import { EtcdCluster } from "./components/etcd/etcd-cluster";
import { deletedWith } from "./components/hosts/deleted-with";
import { HardenedHost } from "./components/hosts/hardened-host";
import { hardeningFragments } from "./components/hosts/hardening/harden";
import { hostName } from "./components/hosts/host-name";
import { provideHosts } from "./components/hosts/provide-hosts";
import { serviceAccounts } from "./components/hosts/service-accounts";
import { CoreDns } from "./components/network/coredns";
import { NetworkPolicies } from "./components/network/network-policies";
import { ConnectivityProbe } from "./components/network/probe";
import { Node } from "./components/node/node";
import { ClusterPki } from "./components/pki/cluster-pki";
import { clientAuthoritiesFile } from "./components/pki/host-files";
import { jsonWebKeySet } from "./components/pki/jwks";
import { joinSecretFiles } from "./components/plan/secret-files";

const settings = readSettings(new pulumi.Config("redoubt"), pulumi.getStack());
const layout = clusterLayout(settings);
const catalogue = artifactsFor(settings.hosts.provider, readArtifacts());
checkArtifactVersion(catalogue, settings.kubernetes.version);
const { artifacts } = catalogue;
const { clusterName, network, apiServer, authentication, authorization } = settings;
const identityProvider = identityProviderOptions(settings, layout);
const outside = outsideIssuers(settings);
const trustsIssuers = identityProvider !== undefined || outside.length > 0;
const authenticationConfiguration = (authority: string): string =>
  renderAuthenticationConfiguration([
    ...(identityProvider === undefined ? [] : [identityProviderIssuer(identityProvider, authority)]),
    ...outside,
  ]);

// Machines, whoever provides them.
const machines = provideHosts("machines", hostSource(settings, layout, catalogue));

// Certificates.
const pki = new ClusterPki("pki", {
  ...settings.pki,
  ...layout,
  clusterName,
  clusterDomain: network.clusterDomain,
  subjectAltNames: apiServer.subjectAltNames,
  serviceAccountKeys: authentication.serviceAccounts,
  encryptionConfiguration: (key) => renderEncryptionConfiguration(apiServer.encryptionProvider, key),
  identityProvider: identityProvider !== undefined,
  authenticationConfiguration: trustsIssuers ? authenticationConfiguration : undefined,
});

// People, each with an authority that the API server knows as long as the person may come in.
const people = settings.access.users.map((user) => ({
  name: user.name,
  certificate: new UserCertificate(`user-${user.name}`, {
    clusterName,
    user: user.name,
    group: user.group,
    validityHours: user.validityHours,
    serverAuthority: pki.kubernetesAuthority.certificate,
    server: pki.server,
    epoch: `${settings.pki.epoch}.${user.epoch}`,
  }),
}));

// What control planes hold beside their own keys.
const clientAuthorities = pulumi.all([
  pki.kubernetesAuthority.certificate,
  pki.adminAuthority.certificate,
  ...people.map(({ certificate }) => certificate.authority),
]);
const controlPlaneSecrets = [
  clientAuthorities.apply((authorities) => [clientAuthoritiesFile(authorities)]),
  pulumi
    .secret(settings.secrets.staticTokens)
    .apply((tokens) => staticTokenFiles(authentication.staticTokens.users, tokens)),
];

// Hosts, hardened, each with its own keys. Those of control planes change one after the other: what breaks an API server stops there.
let secretsBefore: readonly pulumi.Resource[] = [];
const hosts = machines.hosts.map((host) => {
  const { spec } = host;
  const hardening = hardeningFragments(hardeningOptions(settings, layout, spec));
  const fragments = {
    ...hardening,
    "host-name": hostName(spec),
    "service-accounts": serviceAccounts(spec.role, { identityProvider: identityProvider !== undefined }),
  };
  const isControlPlane = spec.role === "control-plane";
  const logins = { ...settings.hosts, stackPublicKey: machines.adminPublicKey };
  const secretFiles = joinSecretFiles(
    pki.filesFor(spec.name),
    ...(isControlPlane ? controlPlaneSecrets : []),
  );
  const secretsAfter = isControlPlane ? secretsBefore : [];
  const hardened = new HardenedHost(spec.name, { host, fragments, logins, secretFiles, secretsAfter });
  if (isControlPlane) secretsBefore = hardened.ready;
  return hardened;
});
const controlPlanes = hosts.filter(({ spec }) => spec.role === "control-plane");
const [firstControlPlane] = controlPlanes;
if (firstControlPlane === undefined) throw new Error("hosts.controlPlanes must be at least 1");

// etcd, control plane, nodes: they start together and wait for each other.
const etcd = new EtcdCluster("etcd", { clusterName, hosts: controlPlanes, artifacts });
const controlPlane = new ControlPlane("control-plane", {
  ...apiServer,
  ...network,
  clusterName,
  authentication,
  authorization,
  trustsIssuers,
  hosts: controlPlanes,
  etcdAddresses: etcd.addresses,
  artifacts,
});
const nodes = hosts.map(
  (host) =>
    new Node(
      `node-${host.spec.name}`,
      {
        ...network,
        host,
        allHosts: layout.hosts,
        clusterDns: layout.dnsServiceAddress,
        sandboxImage: imageReference(catalogue, "pause"),
        images: imageArchives(catalogue),
        artifacts,
      },
      // Control planes change one after the other: nodes that waited for the last one on their hosts could take every slot of
      // the engine from it.
      { dependsOn: controlPlanes.length > 1 ? [controlPlane] : [] },
    ),
);

// Objects of the cluster; they need no deleting when the machine that holds them goes.
const provider = new kubernetes.Provider(
  "kubernetes",
  { kubeconfig: pki.adminKubeconfig, clusterIdentifier: clusterName, enableConfigMapMutable: true },
  { dependsOn: controlPlane.applied.map(({ done }) => done) },
);
const inCluster = { provider, transforms: [deletedWith(machines.hosts[0]?.ready[0])] };

// Roles.
const access = new Access("access", settings.access, inCluster);

// People with passwords, or in a directory.
new IdentityProvider(
  "identity-provider",
  { hosts: controlPlanes, options: identityProvider, secrets: settings.secrets, artifacts },
  inCluster,
);

if (trustsIssuers) {
  new TrustedIssuers("issuers", {
    hosts: controlPlanes,
    outside,
    shownConfiguration: authenticationConfiguration("the authority of the cluster"),
    controlPlane: controlPlane.applied,
  });
}

// Network: default deny with its exceptions, and DNS.
const policies = new NetworkPolicies(
  "network",
  {
    ...network,
    namespaces: settings.namespaces,
    apiServerAddresses: controlPlanes.map(({ spec }) => spec.address),
  },
  inCluster,
);
const dns = new CoreDns(
  "coredns",
  {
    ...network,
    image: imageReference(catalogue, "coredns"),
    clusterIp: layout.dnsServiceAddress,
    replicas: Math.min(2, hosts.length),
  },
  inCluster,
);

// Tokens: none that nobody asked for, none that never expires.
new ServiceAccountGuard(
  "service-accounts",
  {
    namespaces: settings.namespaces.map(({ name }) => name),
    discoveryGroups: authentication.serviceAccounts.discoveryGroups,
  },
  { ...inCluster, dependsOn: policies },
);
if (authentication.bootstrapTokens) new NodeBootstrap("node-bootstrap", inCluster);

// The proof: real connections, allowed and denied.
const probe = new ConnectivityProbe(
  "probe",
  {
    ...network,
    connection: firstControlPlane.connection,
    namespaces: ["default", ...settings.namespaces.map(({ name }) => name)],
    nodes: layout.podNodes,
    image: imageReference(catalogue, "probe"),
    dns: dns.rollout,
    dnsAddress: layout.dnsServiceAddress,
    timeoutSeconds: network.probeTimeoutSeconds,
  },
  { dependsOn: [access, policies, dns, ...nodes] },
);

// What the user needs next.
/** Version that runs; `up` refuses to skip a minor from here. */
export const kubernetesVersion = settings.kubernetes.version;
/** URL of the API server. */
export const endpoint = pki.server;
/** Kubeconfig of the administrator; secret. */
export const kubeconfig = pki.adminKubeconfig;
/** Kubeconfigs of people by name; secret. */
export const userKubeconfigs = pulumi.secret(
  Object.fromEntries(people.map(({ name, certificate }) => [name, certificate.kubeconfig])),
);
/** What `npm run login` must know; nothing of it is secret. Undefined without an identity provider. */
export const login =
  identityProvider === undefined
    ? undefined
    : {
        clusterName,
        server: pki.server,
        certificateAuthority: pki.kubernetesAuthority.certificate,
        issuer: identityProvider.issuer,
        clientId: loginClientId,
        passwordConnector: identityProvider.passwordConnector,
      };
/** The key that logs in to every host; secret. */
export const sshPrivateKey = machines.adminPrivateKey;
/** Every node with its address. */
export const nodeTable = hosts.map(({ spec }) => ({
  name: spec.name,
  role: spec.role,
  address: spec.address,
}));
/** Who verifies tokens of service accounts outside the cluster needs this: `iss`, and the keys as a JSON Web Key Set. */
export const serviceAccountIssuer = {
  issuer: authentication.serviceAccounts.issuer,
  jwks: pki.serviceAccountKeys.publicKeys.apply(jsonWebKeySet),
};
/** Which keys of service account tokens sign and are accepted; `up` refuses a step that would log workloads out. */
export const serviceAccountKeys = {
  signingKey: authentication.serviceAccounts.signingKey,
  acceptedKeys: authentication.serviceAccounts.acceptedKeys,
};
/** PEM of the authority by which a webhook knows the API servers that ask it. */
export const webhookClientAuthority = pki.webhookAuthority.certificate;
/** When each certificate expires. */
export const certificateExpiry = pki.expiries;
/** What hosts could not be given, and why: a container can't do everything that a machine can. */
export const notApplicable = pulumi
  .all(
    hosts.map(({ spec, applied }) =>
      applied.report.apply((report) => [spec.name, report.notApplicable] as const),
    ),
  )
  .apply((entries) => Object.fromEntries(entries));
/** What the probe saw, and what it could not show. */
export const connectivity = { flowsAsDeclared: probe.flows, notProbed: probe.notProbed };
/** What to do next. */
export const next = `pulumi stack output kubeconfig --show-secrets --stack ${pulumi.getStack()} >kubeconfig && kubectl --kubeconfig kubeconfig get nodes`;
