import { stringify } from "yaml";

/** What a client needs to reach a cluster as one user. */
export interface KubeconfigOptions {
  readonly clusterName: string;
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the authority that signed the API server's certificate. */
  readonly certificateAuthority: string;
  /** Name of the entry; the certificate says who the user is. */
  readonly user: string;
  /** PEM. */
  readonly clientCertificate: string;
  /** PEM. */
  readonly clientKey: string;
  /** Namespace of the context. Default: none, which is `default`. */
  readonly namespace?: string | undefined;
}

/** A kubeconfig (kubernetes.io/docs/reference/config-api/kubeconfig.v1), as far as it is written here. */
export interface Kubeconfig {
  readonly apiVersion: "v1";
  readonly kind: "Config";
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string };
  }[];
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string; readonly namespace?: string };
  }[];
  readonly "current-context": string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The kubeconfig of one user of one cluster, complete in itself. */
export function kubeconfig(options: KubeconfigOptions): Kubeconfig {
  const { clusterName, server, user, namespace } = options;
  const context = `${user}@${clusterName}`;
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: clusterName,
        cluster: { server, "certificate-authority-data": base64(options.certificateAuthority) },
      },
    ],
    users: [
      {
        name: user,
        user: {
          "client-certificate-data": base64(options.clientCertificate),
          "client-key-data": base64(options.clientKey),
        },
      },
    ],
    contexts: [
      {
        name: context,
        context: { cluster: clusterName, user, ...(namespace === undefined ? {} : { namespace }) },
      },
    ],
    "current-context": context,
  };
}

/** A kubeconfig as the file that kubectl reads; it holds a private key. */
export function renderKubeconfig(options: KubeconfigOptions): string {
  // One line per value, however long: base64 must not be folded.
  return stringify(kubeconfig(options), { lineWidth: 0 });
}
