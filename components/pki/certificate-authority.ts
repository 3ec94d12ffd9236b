import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** What signs leaf certificates. */
export interface SigningAuthority {
  /** PEM. */
  readonly certificate: pulumi.Input<string>;
  /** PEM; secret. */
  readonly privateKey: pulumi.Input<string>;
}

/** Arguments of {@link CertificateAuthority}. */
export interface CertificateAuthorityArgs {
  /** CN, as in `kubernetes-ca`. */
  readonly commonName: string;
  /** O: tells the authorities of two clusters apart. */
  readonly clusterName: string;
  /** Of one that stays this counts when it is made. */
  readonly validityHours: number;
  /** A certificate that ends within so many hours is made anew, with the same key. Default: 0, when it has ended. */
  readonly renewBeforeHours?: number;
  /** Keeps key and certificate from being deleted or replaced: everything that trusts them would stop. */
  readonly protect: boolean;
  /** Another value makes the authority anew: nothing that it issued before is believed any more. Default: it stays. */
  readonly epoch?: number | string;
}

/** A self-signed authority on P-256. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** PEM. */
  public readonly certificate: pulumi.Output<string>;
  /** PEM; secret. */
  public readonly privateKey: pulumi.Output<string>;
  /** End of the certificate (RFC 3339). */
  public readonly notAfter: pulumi.Output<string>;

  public constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:pki:CertificateAuthority", name, { commonName: args.commonName }, opts);
    const child = { parent: this, protect: args.protect };

    const key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      args.epoch === undefined ? child : { ...child, replacementTrigger: args.epoch },
    );
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName, organization: args.clusterName },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        setSubjectKeyId: true,
        validityPeriodHours: args.validityHours,
        earlyRenewalHours: args.renewBeforeHours ?? 0,
      },
      // One that stays keeps the life that it was made with: another would replace it, and with it every trust.
      args.epoch === undefined ? { ...child, ignoreChanges: ["validityPeriodHours"] } : child,
    );

    this.certificate = certificate.certPem;
    this.privateKey = pulumi.secret(key.privateKeyPem);
    this.notAfter = certificate.validityEndTime;
    this.registerOutputs({ notAfter: this.notAfter });
  }
}
