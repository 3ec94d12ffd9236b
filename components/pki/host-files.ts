import { paths } from "../plan/paths";
import type { SecretFileSpec } from "../plan/plan";
import {
  isRotated,
  issuingAuthorityFile,
  trustedAuthoritiesFile,
  type AuthorityGenerations,
} from "./authority-generations";
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
  /** PEM of the generation of `kubernetes-ca` that issues. */
  readonly issuingAuthority: string;
  /** PEM of all its generations that are trusted. */
  readonly trustedAuthorities: string;
}

/** What the control planes hold besides their leaf certificates. */
export interface ControlPlaneSecrets {
  /** PEM of every trusted generation of each authority. */
  readonly trusted: Readonly<Record<AuthorityName, string>>;
  /** Key of the generation of `kubernetes-ca` that issues. */
  readonly signingKey: string;
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
        certificateAuthority: cluster.trustedAuthorities,
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

interface KubernetesAuthorityReaders {
  /** Units that read who is trusted. */
  readonly trusting: readonly string[];
  /** Units that sign. */
  readonly signing: readonly string[];
}

/** The authority that issues, and beside it all that are trusted, once there was more than one. */
function kubernetesAuthorityFiles(
  { issuingAuthority, trustedAuthorities }: ClusterIdentity,
  generations: AuthorityGenerations,
  { trusting, signing }: KubernetesAuthorityReaders,
): SecretFileSpec[] {
  const root = { reader: readers.root };
  const trusted = { path: trustedAuthoritiesFile(generations), content: trustedAuthorities };
  const trustedFile = certificateFile({ ...root, ...trusted, restart: trusting });
  if (!isRotated(generations)) return [trustedFile];
  const issuing = { path: issuingAuthorityFile, content: issuingAuthority };
  return [certificateFile({ ...root, ...issuing, restart: signing }), trustedFile];
}

/** What a host of any role trusts. */
export function trustFiles(cluster: ClusterIdentity, generations: AuthorityGenerations): SecretFileSpec[] {
  return kubernetesAuthorityFiles(cluster, generations, { trusting: ["kubelet.service"], signing: [] });
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
export function controlPlaneFiles(
  secrets: ControlPlaneSecrets,
  cluster: ClusterIdentity,
  generations: AuthorityGenerations,
): SecretFileSpec[] {
  const { trusted, signingKey, serviceAccount, encryptionConfiguration } = secrets;
  const apiserver = "kube-apiserver.service";
  const controllers = "kube-controller-manager.service";
  return [
    ...kubernetesAuthorityFiles(cluster, generations, {
      trusting: [apiserver, controllers, "kube-scheduler.service", "kubelet.service"],
      signing: [controllers],
    }),
    certificateFile({
      path: `${paths.pki}/front-proxy-ca.crt`,
      content: trusted["front-proxy-ca"],
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
      content: trusted["etcd-ca"],
      reader: readers.etcd,
      restart: ["etcd.service"],
    }),
    certificateFile({
      path: `${paths.kubeApiserver}/etcd-ca.crt`,
      content: trusted["etcd-ca"],
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
      content: signingKey,
      reader: readers.controllerManager,
      restart: [controllers],
    }),
  ];
}
