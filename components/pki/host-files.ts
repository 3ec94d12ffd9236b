import { paths } from "../plan/paths";
import type { SecretFileSpec } from "../plan/plan";
import { renderKubeconfig } from "./kubeconfig";
import type { AuthorityName, LeafProfile } from "./profiles";
import { readers, type Reader } from "./readers";

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What every host knows of the cluster. */
export interface ClusterIdentity {
  readonly clusterName: string;
  /** PEM of the certificate of the authority `kubernetes-ca`. */
  readonly kubernetesAuthority: string;
}

/** What the control planes hold besides their leaf certificates. */
export interface ControlPlaneSecrets {
  readonly authorities: Readonly<Record<AuthorityName, KeyPair>>;
  /**
   * The key that signs service account tokens, the one that two programs share, because both sign (CIS 1.3.4); and those that
   * verify them.
   */
  readonly serviceAccount: { readonly publicKeys: readonly string[]; readonly privateKey: string };
  /** The EncryptionConfiguration with its key. */
  readonly encryptionConfiguration: string;
  /** The AuthenticationConfiguration; undefined when nobody but the cluster vouches for callers. */
  readonly authenticationConfiguration?: string | undefined;
}

interface FileOptions {
  readonly path: string;
  readonly content: string;
  readonly reader: Reader;
  readonly restart: readonly string[];
}

/** A public part, CIS 1.1.20. */
function certificateFile({ reader, ...file }: FileOptions): SecretFileSpec {
  return { ...file, owner: reader.user, group: reader.group, mode: "0644" };
}

/** A private part, CIS 1.1.21. */
function privateFile({ reader, ...file }: FileOptions): SecretFileSpec {
  return { ...file, owner: reader.user, group: reader.group, mode: "0600" };
}

/** The file or files of one leaf certificate; none when it is an output. */
export function leafFiles(profile: LeafProfile, pair: KeyPair, cluster: ClusterIdentity): SecretFileSpec[] {
  const { delivery } = profile;
  switch (delivery.form) {
    case "files": {
      const { reader, restart } = delivery;
      return [
        certificateFile({ path: delivery.certificatePath, content: pair.certificate, reader, restart }),
        privateFile({ path: delivery.keyPath, content: pair.privateKey, reader, restart }),
      ];
    }
    case "kubeconfig": {
      const content = renderKubeconfig({
        clusterName: cluster.clusterName,
        server: delivery.server,
        certificateAuthority: cluster.kubernetesAuthority,
        user: profile.commonName,
        clientCertificate: pair.certificate,
        clientKey: pair.privateKey,
        namespace: delivery.namespace,
      });
      return [
        privateFile({ path: delivery.path, content, reader: delivery.reader, restart: delivery.restart }),
      ];
    }
    case "output":
      return [];
  }
}

/** What a host of any role trusts. */
export function trustFiles(cluster: ClusterIdentity): SecretFileSpec[] {
  const file = { path: `${paths.pki}/ca.crt`, content: cluster.kubernetesAuthority, reader: readers.root };
  return [certificateFile({ ...file, restart: ["kubelet.service"] })];
}

/**
 * Whose clients the API server lets in (`--client-ca-file`). It reads the file again when it changes, and verifies a certificate with
 * every request, so who leaves the file is out within a second, without a restart
 * (k8s.io/apiserver, dynamiccertificates.DynamicFileCAContent).
 *
 * @param authorities PEM, one each.
 */
export function clientAuthoritiesFile(authorities: readonly string[]): SecretFileSpec {
  return certificateFile({
    path: `${paths.kubeApiserver}/client-ca.crt`,
    content: authorities.join(""),
    reader: readers.kubeApiserver,
    restart: [],
  });
}

/**
 * What a control plane holds besides. Of the authorities' keys only the Kubernetes one comes to a host: the controller
 * manager signs the renewals of kubelets' client certificates with it. The others never leave the state.
 */
export function controlPlaneFiles(secrets: ControlPlaneSecrets, cluster: ClusterIdentity): SecretFileSpec[] {
  const { authorities, serviceAccount, encryptionConfiguration } = secrets;
  const apiserver = "kube-apiserver.service";
  const controllers = "kube-controller-manager.service";
  return [
    certificateFile({
      path: `${paths.pki}/ca.crt`,
      content: cluster.kubernetesAuthority,
      reader: readers.root,
      restart: [apiserver, controllers, "kube-scheduler.service", "kubelet.service"],
    }),
    certificateFile({
      path: `${paths.pki}/front-proxy-ca.crt`,
      content: authorities["front-proxy-ca"].certificate,
      reader: readers.root,
      restart: [apiserver, controllers, "kube-scheduler.service"],
    }),
    certificateFile({
      path: `${paths.pki}/sa.pub`,
      content: serviceAccount.publicKeys.join(""),
      reader: readers.root,
      restart: [apiserver],
    }),
    certificateFile({
      path: `${paths.etcdPki}/ca.crt`,
      content: authorities["etcd-ca"].certificate,
      reader: readers.etcd,
      restart: ["etcd.service"],
    }),
    certificateFile({
      path: `${paths.kubeApiserver}/etcd-ca.crt`,
      content: authorities["etcd-ca"].certificate,
      reader: readers.kubeApiserver,
      restart: [apiserver],
    }),
    privateFile({
      path: `${paths.kubeApiserver}/sa.key`,
      content: serviceAccount.privateKey,
      reader: readers.kubeApiserver,
      restart: [apiserver],
    }),
    privateFile({
      path: `${paths.kubeApiserver}/encryption.yaml`,
      content: encryptionConfiguration,
      reader: readers.kubeApiserver,
      restart: [apiserver],
    }),
    // Not secret, but it names the authority that this stack makes. The API server takes a change up by itself.
    ...(secrets.authenticationConfiguration === undefined
      ? []
      : [
          privateFile({
            path: `${paths.kubeApiserver}/authentication.yaml`,
            content: secrets.authenticationConfiguration,
            reader: readers.kubeApiserver,
            restart: [],
          }),
        ]),
    privateFile({
      path: `${paths.controllerManager}/sa.key`,
      content: serviceAccount.privateKey,
      reader: readers.controllerManager,
      restart: [controllers],
    }),
    privateFile({
      path: `${paths.controllerManager}/ca.key`,
      content: authorities["kubernetes-ca"].privateKey,
      reader: readers.controllerManager,
      restart: [controllers],
    }),
  ];
}
