import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { SecretFileSpec } from "../plan/plan";
import { firstGeneration, generationName, type AuthorityGenerations } from "./authority-generations";
import { chooseAuthority, type AuthorityInUse } from "./authority-in-use";
import { CertificateAuthority } from "./certificate-authority";
import { CrossCertificate } from "./cross-certificate";
import type { EncryptionKeyOptions } from "./encryption-generations";
import { chooseEncryptionKeys, type EncryptionKey } from "./encryption-keys";
import type { Expiries } from "./expiry";
import { controlPlaneFiles, leafFiles, trustFiles, type ClusterIdentity, type KeyPair } from "./host-files";
import { renderKubeconfig } from "./kubeconfig";
import { LeafCertificate } from "./leaf-certificate";
import {
  adminLeafName,
  apiServerUrl,
  authorityNames,
  leafProfiles,
  type AuthorityName,
  type CertifiedHost,
  type LeafProfile,
  type ProfileOptions,
} from "./profiles";
import {
  chooseServiceAccountKeys,
  type ServiceAccountKeyOptions,
  type ServiceAccountKeys,
} from "./service-account-keys";

/** Arguments of {@link ClusterPki}. */
export interface ClusterPkiArgs extends ProfileOptions {
  readonly clusterName: string;
  /** Lifetime of authorities. */
  readonly authorityValidityHours: number;
  /** Which generations of the authorities issue and are trusted; the administrator's has none, its epoch replaces it. */
  readonly authorities: AuthorityGenerations;
  /** Lifetime of leaf certificates. */
  readonly leafValidityHours: number;
  /** Leaf certificates that end within so many hours are issued anew, with the keys that they have. */
  readonly renewBeforeHours: number;
  /** Setting `pki.epoch`: another value issues every leaf certificate anew. Authorities stay, but for the administrator's. */
  readonly epoch: number;
  /** Which keys sign and verify tokens of service accounts. */
  readonly serviceAccountKeys: ServiceAccountKeyOptions;
  /** Which keys encrypt and decrypt what etcd holds. */
  readonly encryptionKeys: EncryptionKeyOptions;
  /**
   * Keeps authorities that issue, the service account key and the encryption key from being deleted, by `pulumi destroy` too: without them
   * tokens, trust and Secrets are lost. Default: true.
   */
  readonly protect?: boolean;
  /** Renders the API server's EncryptionConfiguration around its keys, of which the first encrypts. */
  readonly encryptionConfiguration: (keys: readonly EncryptionKey[]) => string;
  /** Renders the API server's AuthenticationConfiguration, in which Kubernetes authorities may be named. Default: there is none. */
  readonly authenticationConfiguration?: ((kubernetesAuthorities: string) => string) | undefined;
}

interface Leaf {
  readonly profile: LeafProfile;
  readonly certificate: LeafCertificate;
}

/** All authorities, keys and leaf certificates of a cluster; what they are says the table of `profiles.ts`. */
export class ClusterPki extends pulumi.ComponentResource {
  /** Vouches for servers and components of Kubernetes. */
  public readonly kubernetesAuthority: AuthorityInUse;
  /** Vouches for the administrator alone; `pki.epoch` makes it anew, which withdraws the old certificate at once. */
  public readonly adminAuthority: AuthorityInUse;
  /** Vouches for API servers at webhooks. */
  public readonly webhookAuthority: AuthorityInUse;
  /** Keys that sign and verify tokens of service accounts. */
  public readonly serviceAccountKeys: ServiceAccountKeys;
  /** URL of the API server, as nodes and people know it. */
  public readonly server: string;
  /** Kubeconfig of the administrator. Secret. */
  public readonly adminKubeconfig: pulumi.Output<string>;
  /** When each certificate ends, authorities included. */
  public readonly expiries: pulumi.Output<Expiries>;

  private readonly args: ClusterPkiArgs;
  private readonly authorities: Readonly<Record<AuthorityName, AuthorityInUse>>;
  private readonly crossCertificates: readonly CrossCertificate[];
  private readonly leaves: readonly Leaf[];
  private readonly encryptionKeys: pulumi.Output<EncryptionKey[]>;

  public constructor(name: string, args: ClusterPkiArgs, opts?: pulumi.ComponentResourceOptions) {
    // The state tells by them what an `up` set out to do, also one that failed: the next step is checked against that too.
    const { signingKey, acceptedKeys } = args.serviceAccountKeys;
    const { authorities, encryptionKeys } = args;
    const attempted = { authorities, serviceAccountKeys: { signingKey, acceptedKeys }, encryptionKeys };
    super("redoubt:pki:ClusterPki", name, { epoch: args.epoch, ...attempted }, opts);
    const protect = args.protect ?? true;
    this.args = args;

    // Who signs.
    const { clusterName, authorityValidityHours: validityHours } = args;
    const { issuing } = args.authorities;
    this.authorities = mapAuthorities((authority) =>
      chooseAuthority(authority, generationsOf(authority, args), (commonName, generation) => {
        // One that does not issue can be taken out by the setting alone, which the step before made safe.
        const kept =
          authority === "admin-ca"
            ? { epoch: args.epoch, protect: false }
            : { protect: protect && generation === issuing };
        const authorityArgs = { commonName, clusterName, validityHours, ...kept };
        return new CertificateAuthority(`${name}-${commonName}`, authorityArgs, { parent: this });
      }),
    );
    this.kubernetesAuthority = this.authorities["kubernetes-ca"];
    this.adminAuthority = this.authorities["admin-ca"];
    this.webhookAuthority = this.authorities["webhook-ca"];

    // Ways from the older authorities to what the newest one issues.
    const commonName = generationName("kubernetes-ca", issuing);
    this.crossCertificates = [...this.kubernetesAuthority.older].map(
      ([generation, issuer]) =>
        new CrossCertificate(
          `${name}-${commonName}-by-${generation}`,
          { subject: this.kubernetesAuthority.issuing, commonName, clusterName, issuer, validityHours },
          { parent: this },
        ),
    );

    // Keys without a certificate.
    const bareKey = (purpose: string, keep: boolean): tls.PrivateKey =>
      new tls.PrivateKey(
        `${name}-${purpose}`,
        { algorithm: "ECDSA", ecdsaCurve: "P256" },
        { parent: this, protect: protect && keep },
      );
    this.serviceAccountKeys = chooseServiceAccountKeys(args.serviceAccountKeys, bareKey);
    this.encryptionKeys = chooseEncryptionKeys(encryptionKeys, bareKey);

    // One certificate per row of the table.
    this.leaves = leafProfiles(args).map((profile) => ({
      profile,
      certificate: new LeafCertificate(
        `${name}-${profile.name}`,
        {
          authority: this.authorities[profile.authority].issuing,
          subject: profile,
          validityHours: args.leafValidityHours,
          renewBeforeHours: args.renewBeforeHours,
          epoch: args.epoch,
        },
        { parent: this },
      ),
    }));

    this.server = apiServerUrl(args.endpoint);
    this.adminKubeconfig = adminKubeconfig(this.leaves, this.identity(), this.server);
    this.expiries = pulumi.all(
      Object.fromEntries([
        ...authorityNames.flatMap((authority) => Object.entries(this.authorities[authority].expiries)),
        ...this.leaves.map(({ profile, certificate }) => [profile.name, certificate.notAfter]),
      ]) as Record<string, pulumi.Output<string>>,
    );
    this.registerOutputs({ expiries: this.expiries });
  }

  /**
   * The files of one host: what it trusts, its keys and certificates, its kubeconfigs. Secret as a whole.
   *
   * @throws Error when the host is not one of the arguments' hosts.
   */
  public filesFor(hostName: string): pulumi.Output<SecretFileSpec[]> {
    const host = this.args.hosts.find((candidate) => candidate.name === hostName);
    if (host === undefined) throw new Error(`host ${hostName} is not among the hosts of the certificates`);
    const leaves = this.leaves
      .filter(({ profile }) => profile.delivery.form !== "output" && profile.delivery.host === hostName)
      .map(({ profile, certificate: leaf }) =>
        pulumi
          .all([this.identity(), this.shownPair(profile, leaf)])
          .apply(([cluster, pair]) => leafFiles(profile, pair, cluster)),
      );
    return pulumi.secret(
      pulumi.all([this.sharedFiles(host), ...leaves]).apply((groups): SecretFileSpec[] => groups.flat()),
    );
  }

  /** What all hosts of a role have in common. */
  private sharedFiles(host: CertifiedHost): pulumi.Output<SecretFileSpec[]> {
    const { authorities: generations } = this.args;
    if (host.role === "worker") return this.identity().apply((cluster) => trustFiles(cluster, generations));
    const secrets = pulumi.output({
      trusted: mapAuthorities((authority) => this.authorities[authority].trusted),
      signingKey: this.kubernetesAuthority.issuing.privateKey,
      serviceAccount: this.serviceAccountKeys,
      encryptionConfiguration: this.encryptionKeys.apply((keys) => this.args.encryptionConfiguration(keys)),
      authenticationConfiguration: this.kubernetesAuthority.trusted.apply((pem) =>
        this.args.authenticationConfiguration?.(pem),
      ),
    });
    return pulumi
      .all([secrets, this.identity()])
      .apply(([known, cluster]) => controlPlaneFiles(known, cluster, generations));
  }

  private identity(): pulumi.Output<ClusterIdentity> {
    const { clusterName } = this.args;
    const { issuing, trusted } = this.kubernetesAuthority;
    return pulumi.output({ clusterName, issuingAuthority: issuing.certificate, trustedAuthorities: trusted });
  }

  /** A leaf as its server shows it. */
  private shownPair({ isVerifiedOutside }: LeafProfile, leaf: LeafCertificate): pulumi.Output<KeyPair> {
    if (isVerifiedOutside !== true || this.crossCertificates.length === 0) return pairOf(leaf);
    const chain = [leaf, ...this.crossCertificates].map(({ certificate }) => certificate);
    const certificate = pulumi.all(chain).apply((known) => known.join(""));
    return pairOf({ certificate, privateKey: leaf.privateKey });
  }
}

function pairOf({
  certificate,
  privateKey,
}: Pick<LeafCertificate, "certificate" | "privateKey">): pulumi.Output<KeyPair> {
  return pulumi.output({ certificate, privateKey });
}

/** The administrator's authority is made anew by its epoch, in one step, because nobody else is vouched for by it. */
function generationsOf(authority: AuthorityName, { authorities }: ClusterPkiArgs): AuthorityGenerations {
  return authority === "admin-ca" ? firstGeneration : authorities;
}

function mapAuthorities<Value>(make: (authority: AuthorityName) => Value): Record<AuthorityName, Value> {
  return {
    "kubernetes-ca": make("kubernetes-ca"),
    "etcd-ca": make("etcd-ca"),
    "front-proxy-ca": make("front-proxy-ca"),
    "webhook-ca": make("webhook-ca"),
    "admin-ca": make("admin-ca"),
  };
}

function adminKubeconfig(
  leaves: readonly Leaf[],
  identity: pulumi.Output<ClusterIdentity>,
  server: string,
): pulumi.Output<string> {
  const admin = leaves.find(({ profile }) => profile.name === adminLeafName);
  if (admin === undefined) throw new Error(`the table of certificates has no row ${adminLeafName}`);
  return pulumi.secret(
    pulumi.all([identity, pairOf(admin.certificate)]).apply(([cluster, pair]) =>
      renderKubeconfig({
        clusterName: cluster.clusterName,
        server,
        certificateAuthority: cluster.trustedAuthorities,
        user: admin.profile.commonName,
        clientCertificate: pair.certificate,
        clientKey: pair.privateKey,
      }),
    ),
  );
}
