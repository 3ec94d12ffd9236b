import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { SigningAuthority } from "./certificate-authority";

/** Arguments of {@link CrossCertificate}. */
export interface CrossCertificateArgs {
  /** The authority that is vouched for. */
  readonly subject: SigningAuthority;
  /** Its CN, as in `kubernetes-ca-2`. */
  readonly commonName: string;
  /** Its O. */
  readonly clusterName: string;
  /** The older one, which vouches. */
  readonly issuer: SigningAuthority;
  readonly validityHours: number;
}

/**
 * One authority, signed by another (RFC 5280, 3.2): who knows only the older one finds a way to what the newer one issued. A server
 * shows it with its own certificate while authorities are rotated, so that programs that read their authority at start, and kubeconfigs
 * that somebody keeps, go on.
 */
export class CrossCertificate extends pulumi.ComponentResource {
  /** PEM. */
  public readonly certificate: pulumi.Output<string>;

  public constructor(name: string, args: CrossCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:pki:CrossCertificate", name, { commonName: args.commonName }, opts);
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: args.subject.privateKey,
        subject: { commonName: args.commonName, organization: args.clusterName },
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caCertPem: args.issuer.certificate,
        caPrivateKeyPem: args.issuer.privateKey,
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        setSubjectKeyId: true,
        validityPeriodHours: args.validityHours,
      },
      { parent: this },
    );
    this.certificate = certificate.certPem;
    this.registerOutputs({});
  }
}
