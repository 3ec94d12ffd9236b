import { isIP } from "node:net";
import type { HostSpec } from "../hosts/host";
import { paths } from "../plan/paths";
import { apiServerPort } from "../plan/ports";
import {
  clusterAdminsGroup,
  dexNamespace,
  dexUser,
  identityProvidersGroup,
  kubeRouterUser,
  kubeletClientUser,
  kubeletClientsGroup,
  metricsServerUser,
} from "./identities";
import { readers, type Reader } from "./readers";

/**
 * The authorities, each trusted for one thing (kubernetes.io/docs/setup/best-practices/certificates): besides the three of every
 * cluster `webhook-ca`, by which a webhook knows an API server, and `admin-ca`, which issues nothing but the administrator's
 * certificate. People have one each, in `access/user-certificate.ts`.
 */
export const authorityNames = [
  "kubernetes-ca",
  "etcd-ca",
  "front-proxy-ca",
  "webhook-ca",
  "admin-ca",
] as const;

/** One of {@link authorityNames}. */
export type AuthorityName = (typeof authorityNames)[number];

/** Extended key usages (RFC 5280, 4.2.1.12) as @pulumi/tls names them. */
export type ExtendedUsage = "server_auth" | "client_auth";

/** What is in a leaf certificate. */
export interface LeafSubject {
  /** CN: the user name of a client. */
  readonly commonName: string;
  /** O: the group of a client. One at most, because @pulumi/tls writes one; who needs more is bound by name. */
  readonly organization?: string;
  readonly usages: readonly ExtendedUsage[];
  /** Subject alternative names, which a server is known by. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** How a certificate and its key come to who uses them. */
export type Delivery =
  | {
      /** Two files on a host. */
      readonly form: "files";
      readonly host: string;
      readonly reader: Reader;
      readonly certificatePath: string;
      readonly keyPath: string;
      /** Units that must read a new one. */
      readonly restart: readonly string[];
    }
  | {
      /** Embedded in a kubeconfig on a host: certificate and key change in one step. */
      readonly form: "kubeconfig";
      readonly host: string;
      readonly reader: Reader;
      readonly path: string;
      /** URL of the API server. */
      readonly server: string;
      /** Namespace of its context. Default: `default`. */
      readonly namespace?: string;
      readonly restart: readonly string[];
    }
  | {
      /** A kubeconfig that never lies on a host: a secret output of the stack. */
      readonly form: "output";
      readonly server: string;
    };

/** One row of the table: a certificate with a key of its own. */
export interface LeafProfile extends LeafSubject {
  /** Unique, as in `etcd-peer-cp-1`. */
  readonly name: string;
  readonly authority: AuthorityName;
  /** Whether it serves callers that the stack does not give their authorities to: programs in pods, and people. Default: false. */
  readonly isVerifiedOutside?: boolean;
  readonly delivery: Delivery;
}

/** A host, as far as certificates name it. */
export type CertifiedHost = Pick<HostSpec, "name" | "role" | "address">;

/** What the table depends on. */
export interface ProfileOptions {
  /** Suffix of service names, as in `cluster.local`. */
  readonly clusterDomain: string;
  /** Address of the `kubernetes` service: the first of the service range. */
  readonly kubernetesServiceAddress: string;
  /** DNS name or IPv4 address under which nodes and people find the API server. */
  readonly endpoint: string;
  /** More names and addresses of the API server. */
  readonly subjectAltNames: readonly string[];
  readonly hosts: readonly CertifiedHost[];
  /** Whether Dex runs on control planes. Default: false. */
  readonly identityProvider?: boolean;
  /** Whether metrics-server runs on control planes. Default: false. */
  readonly metricsServer?: boolean;
}

/** Name of the one leaf that is an output: the administrator's. */
export const adminLeafName = "admin";

const loopback = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] } as const;
const client = { usages: ["client_auth"], dnsNames: [], ipAddresses: [] } as const;
const server = { usages: ["server_auth"] } as const;

/** URL of an API server on its customary port. */
export function apiServerUrl(host: string): string {
  return `https://${host}:${apiServerPort}`;
}

/** A control plane's own components talk to the API server beside them: their versions change together. */
function apiServerFor(host: CertifiedHost, options: ProfileOptions): string {
  return apiServerUrl(host.role === "control-plane" ? host.address : options.endpoint);
}

/** The table of every leaf certificate of a cluster. Names are unique; so are keys, because each row gets its own. */
export function leafProfiles(options: ProfileOptions): LeafProfile[] {
  const controlPlanes = options.hosts.filter((host) => host.role === "control-plane");
  return [
    ...controlPlanes.flatMap((host) => [
      ...etcdLeaves(host),
      ...kubeApiserverLeaves(host, options),
      ...controllerLeaves(host, options),
      superAdminLeaf(host, options),
      ...(options.identityProvider === true ? dexLeaves(host, options) : []),
      ...(options.metricsServer === true ? metricsServerLeaves(host, options) : []),
    ]),
    ...options.hosts.flatMap((host) => nodeLeaves(host, options)),
    {
      ...client,
      name: adminLeafName,
      authority: "admin-ca",
      commonName: "redoubt:admin",
      organization: clusterAdminsGroup,
      delivery: { form: "output", server: apiServerUrl(options.endpoint) },
    },
  ];
}

interface FileDelivery {
  readonly host: CertifiedHost;
  readonly reader: Reader;
  /** Path without `.crt` and `.key`. */
  readonly base: string;
  readonly restart: readonly string[];
}

function asFiles({ host, reader, base, restart }: FileDelivery): Delivery {
  const [certificatePath, keyPath] = [`${base}.crt`, `${base}.key`];
  return { form: "files", host: host.name, reader, certificatePath, keyPath, restart };
}

/** etcd's own authority: who has a certificate of it may read and write everything. */
function etcdLeaves(host: CertifiedHost): LeafProfile[] {
  const member = {
    authority: "etcd-ca",
    commonName: host.name,
    // A peer dials and is dialled. A server's gateway dials itself with the server's certificate.
    usages: ["server_auth", "client_auth"],
    dnsNames: [host.name, ...loopback.dnsNames],
    ipAddresses: [host.address, ...loopback.ipAddresses],
  } as const;
  // etcd reads both anew with each connection (etcd.io/docs, Transport security model, "Notes for TLS authentication"). A restart would
  // wait for members that have not got theirs yet, where all have ended.
  const ofEtcd = { host, reader: readers.etcd, restart: [] };
  return [
    {
      ...member,
      name: `etcd-server-${host.name}`,
      delivery: asFiles({ ...ofEtcd, base: `${paths.etcdPki}/server` }),
    },
    {
      ...member,
      name: `etcd-peer-${host.name}`,
      delivery: asFiles({ ...ofEtcd, base: `${paths.etcdPki}/peer` }),
    },
    {
      ...client,
      name: `etcd-healthcheck-client-${host.name}`,
      authority: "etcd-ca",
      commonName: "etcd-healthcheck-client",
      // Root's etcdctl; nothing runs with it.
      delivery: asFiles({
        host,
        reader: readers.root,
        base: `${paths.pki}/etcd-healthcheck-client`,
        restart: [],
      }),
    },
  ];
}

function kubeApiserverLeaves(host: CertifiedHost, options: ProfileOptions): LeafProfile[] {
  const deliver = (file: string): Delivery =>
    asFiles({
      host,
      reader: readers.kubeApiserver,
      base: `${paths.kubeApiserver}/${file}`,
      restart: ["kube-apiserver.service"],
    });
  return [
    {
      ...server,
      name: `kube-apiserver-${host.name}`,
      authority: "kubernetes-ca",
      isVerifiedOutside: true,
      commonName: "kube-apiserver",
      ...apiServerNames(host, options),
      delivery: deliver("tls"),
    },
    {
      ...client,
      name: `kube-apiserver-etcd-client-${host.name}`,
      authority: "etcd-ca",
      commonName: "kube-apiserver-etcd-client",
      delivery: deliver("etcd-client"),
    },
    {
      ...client,
      name: `kube-apiserver-kubelet-client-${host.name}`,
      authority: "kubernetes-ca",
      commonName: kubeletClientUser,
      organization: kubeletClientsGroup,
      delivery: deliver("kubelet-client"),
    },
    {
      ...client,
      name: `front-proxy-client-${host.name}`,
      authority: "front-proxy-ca",
      commonName: "front-proxy-client",
      delivery: deliver("front-proxy-client"),
    },
    {
      ...client,
      // Of an authority of its own: with one of the cluster's, every node could pass for an API server at a webhook.
      name: `kube-apiserver-webhook-client-${host.name}`,
      authority: "webhook-ca",
      commonName: `kube-apiserver-${host.name}`,
      delivery: deliver("webhook-client"),
    },
  ];
}

/** Every name under which somebody reaches an API server: pods by the service, people by the endpoint, others by the host. */
function apiServerNames(
  host: CertifiedHost,
  options: ProfileOptions,
): Pick<LeafSubject, "dnsNames" | "ipAddresses"> {
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  const names = new Set([
    ...service,
    `kubernetes.default.svc.${options.clusterDomain}`,
    host.name,
    ...loopback.dnsNames,
    options.kubernetesServiceAddress,
    host.address,
    ...loopback.ipAddresses,
    options.endpoint,
    ...options.subjectAltNames,
  ]);
  return {
    dnsNames: [...names].filter((name) => isIP(name) === 0),
    ipAddresses: [...names].filter((name) => isIP(name) !== 0),
  };
}

/** Controller manager and scheduler: a client of the API server, and a server of their own on loopback. */
function controllerLeaves(host: CertifiedHost, options: ProfileOptions): LeafProfile[] {
  const controllers = [
    {
      name: "kube-controller-manager",
      reader: readers.controllerManager,
      folder: paths.controllerManager,
      kubeconfig: paths.controllerManagerKubeconfig,
    },
    {
      name: "kube-scheduler",
      reader: readers.scheduler,
      folder: paths.scheduler,
      kubeconfig: paths.schedulerKubeconfig,
    },
  ];
  return controllers.flatMap(({ name, reader, folder, kubeconfig }): LeafProfile[] => {
    const restart = [`${name}.service`];
    return [
      {
        ...client,
        name: `${name}-client-${host.name}`,
        authority: "kubernetes-ca",
        commonName: `system:${name}`,
        delivery: {
          form: "kubeconfig",
          host: host.name,
          // systemd hands it to them as a credential: the file stays root's (CIS 1.1.16, 1.1.18).
          reader: readers.root,
          path: kubeconfig,
          server: apiServerFor(host, options),
          restart,
        },
      },
      {
        ...server,
        ...loopback,
        name: `${name}-server-${host.name}`,
        authority: "kubernetes-ca",
        commonName: name,
        delivery: asFiles({ host, reader, base: `${folder}/tls`, restart }),
      },
    ];
  });
}

/** The only member of `system:masters`, for the bootstrap and for rescue: it passes every authorizer and can't be withdrawn. */
function superAdminLeaf(host: CertifiedHost, options: ProfileOptions): LeafProfile {
  return {
    ...client,
    name: `super-admin-${host.name}`,
    authority: "kubernetes-ca",
    commonName: "redoubt:super-admin",
    organization: "system:masters",
    delivery: {
      form: "kubeconfig",
      host: host.name,
      reader: readers.root,
      path: paths.superAdminKubeconfig,
      server: apiServerFor(host, options),
      restart: [],
    },
  };
}

/** Dex: a server for people and API servers, and a client that keeps its store in the API server beside it. */
function dexLeaves(host: CertifiedHost, options: ProfileOptions): LeafProfile[] {
  const ofDex = { host, reader: readers.dex, restart: ["dex.service"] };
  const names = [...new Set([options.endpoint, host.address, host.name])];
  return [
    {
      ...server,
      name: `dex-server-${host.name}`,
      authority: "kubernetes-ca",
      isVerifiedOutside: true,
      commonName: "dex",
      dnsNames: names.filter((name) => isIP(name) === 0),
      ipAddresses: names.filter((name) => isIP(name) !== 0),
      delivery: asFiles({ ...ofDex, base: `${paths.dex}/tls` }),
    },
    {
      ...client,
      name: `dex-client-${host.name}`,
      authority: "kubernetes-ca",
      commonName: dexUser,
      organization: identityProvidersGroup,
      delivery: {
        form: "kubeconfig",
        host: host.name,
        reader: readers.dex,
        path: `${paths.dex}/kubeconfig`,
        server: apiServerFor(host, options),
        namespace: dexNamespace,
        restart: ["dex.service"],
      },
    },
  ];
}

/** The name by which API servers know metrics-server: that of its Service (APIService, `spec.service`). */
export const metricsServerName = "metrics-server.kube-system.svc";

/** metrics-server: a server for the API server beside it, and a client of that one and of every kubelet. */
function metricsServerLeaves(host: CertifiedHost, options: ProfileOptions): LeafProfile[] {
  const restart = ["metrics-server.service"];
  const reader = readers.metricsServer;
  return [
    {
      ...server,
      name: `metrics-server-server-${host.name}`,
      // API servers learn this authority from the stack, by the APIService.
      authority: "kubernetes-ca",
      commonName: "metrics-server",
      dnsNames: [metricsServerName],
      ipAddresses: [],
      delivery: asFiles({ host, reader, base: `${paths.metricsServer}/tls`, restart }),
    },
    {
      ...client,
      name: `metrics-server-client-${host.name}`,
      authority: "kubernetes-ca",
      commonName: metricsServerUser,
      delivery: {
        form: "kubeconfig",
        host: host.name,
        reader,
        path: `${paths.metricsServer}/kubeconfig`,
        server: apiServerFor(host, options),
        restart,
      },
    },
  ];
}

function nodeLeaves(host: CertifiedHost, options: ProfileOptions): LeafProfile[] {
  // The form that the Node authorizer and the signer of serving certificates want.
  const node = { commonName: `system:node:${host.name}`, organization: "system:nodes" };
  const kubeconfig = (path: string, unit: string): Delivery => ({
    form: "kubeconfig",
    host: host.name,
    reader: readers.root,
    path,
    server: apiServerFor(host, options),
    restart: [unit],
  });
  return [
    {
      ...client,
      ...node,
      // The first one only: the kubelet renews it by itself (rotateCertificates) into kubelet-client-current.pem.
      name: `kubelet-client-${host.name}`,
      authority: "kubernetes-ca",
      delivery: kubeconfig(paths.kubeletKubeconfig, "kubelet.service"),
    },
    {
      ...server,
      ...node,
      name: `kubelet-server-${host.name}`,
      authority: "kubernetes-ca",
      dnsNames: [host.name],
      ipAddresses: [host.address],
      delivery: asFiles({
        host,
        reader: readers.root,
        base: `${paths.kubeletPki}/kubelet`,
        restart: ["kubelet.service"],
      }),
    },
    {
      ...client,
      name: `kube-proxy-${host.name}`,
      authority: "kubernetes-ca",
      // Kubernetes binds this user to system:node-proxier by default.
      commonName: "system:kube-proxy",
      delivery: kubeconfig(`${paths.kubeProxy}/kubeconfig`, "kube-proxy.service"),
    },
    {
      ...client,
      name: `kube-router-${host.name}`,
      authority: "kubernetes-ca",
      commonName: kubeRouterUser,
      delivery: kubeconfig(`${paths.kubeRouter}/kubeconfig`, "kube-router.service"),
    },
  ];
}
