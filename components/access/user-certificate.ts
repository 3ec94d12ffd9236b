import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "../pki/certificate-authority";
import { isReservedIdentity } from "../pki/identities";
import { renderKubeconfig } from "../pki/kubeconfig";
import { LeafCertificate } from "../pki/leaf-certificate";

/** Arguments of {@link UserCertificate}. */
export interface UserCertificateArgs {
  /** CN: the user name that Kubernetes sees. */
  readonly user: string;
  /** O: the groups that Kubernetes sees; one, because the certificate's subject has one O here. */
  readonly group: string;
  /** Hours until the certificate expires. */
  readonly validityHours: number;
  /** PEM of the authority that signed the API server's certificate. */
  readonly serverAuthority: pulumi.Input<string>;
  readonly clusterName: string;
  /** `https://host:port` of the API server. */
  readonly server: string;
  /** When it changes, authority and certificate are made anew, and the old certificate is refused. */
  readonly epoch: string;
}

/** A certificate is believed without question: one with a component's name would be that component. */
function checkIdentity(args: UserCertificateArgs): void {
  const refused = [args.user, args.group].find(isReservedIdentity);
  if (refused === undefined) return;
  throw new Error(
    `certificate of ${args.user}: ${refused} is the name of a component of the cluster, or of a group that passes every check. Fix: give a user and a group of yours, or redoubt:cluster-admins`,
  );
}

/**
 * A person's way in: a short-lived client certificate, as a kubeconfig. Kubernetes reads no revocation list, so each person has an
 * authority that issues this one certificate: when it leaves the API server's list, that person is out, and nobody else.
 */
export class UserCertificate extends pulumi.ComponentResource {
  /** The whole kubeconfig; secret. */
  public readonly kubeconfig: pulumi.Output<string>;
  /** PEM of the authority that vouches for this person alone. */
  public readonly authority: pulumi.Output<string>;
  /** RFC 3339. */
  public readonly notAfter: pulumi.Output<string>;

  public constructor(name: string, args: UserCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:access:UserCertificate", name, { user: args.user, group: args.group }, opts);
    checkIdentity(args);
    const authority = new CertificateAuthority(
      `${name}-authority`,
      {
        // The same for everybody: a server tells whoever connects which authorities it knows, and shall not list its users.
        commonName: "people-ca",
        clusterName: args.clusterName,
        // It must not end before what it issues a moment later, and is made anew with it: a certificate of one that is about
        // to end would be good for less than its hours.
        validityHours: args.validityHours + 1,
        renewBeforeHours: 1,
        // To withdraw it is what it is for.
        protect: false,
        epoch: args.epoch,
      },
      { parent: this },
    );
    const leaf = new LeafCertificate(
      `${name}-leaf`,
      {
        authority,
        subject: {
          commonName: args.user,
          organization: args.group,
          usages: ["client_auth"],
          dnsNames: [],
          ipAddresses: [],
        },
        validityHours: args.validityHours,
        epoch: args.epoch,
      },
      { parent: this },
    );
    this.kubeconfig = pulumi.secret(
      pulumi
        .all([leaf.certificate, leaf.privateKey, args.serverAuthority])
        .apply(([clientCertificate, clientKey, certificateAuthority]) => {
          const { clusterName, server, user } = args;
          return renderKubeconfig({
            clusterName,
            server,
            certificateAuthority,
            user,
            clientCertificate,
            clientKey,
          });
        }),
    );
    this.authority = authority.certificate;
    this.notAfter = leaf.notAfter;
    this.registerOutputs({ notAfter: this.notAfter });
  }
}
