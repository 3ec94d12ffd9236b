import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { SigningAuthority } from "./certificate-authority";
import type { LeafSubject } from "./profiles";

/** Arguments of {@link LeafCertificate}. */
export interface LeafCertificateArgs {
  readonly authority: SigningAuthority;
  readonly subject: LeafSubject;
  readonly validityHours: number;
  /** A certificate that ends within so many hours is issued anew, with the same key. Default: 0, when it has ended. */
  readonly renewBeforeHours?: number;
  /** Another value issues key and certificate anew. */
  readonly epoch: number | string;
}

/**
 * A certificate with a key of its own, on P-256. Its key signs handshakes and nothing else, so `digital_signature` is its only
 * key usage (RFC 8422, 5.2: key encipherment is RSA's).
 */
export class LeafCertificate extends pulumi.ComponentResource {
  /** PEM. */
  public readonly certificate: pulumi.Output<string>;
  /** PEM; secret. */
  public readonly privateKey: pulumi.Output<string>;
  /** End of the certificate (RFC 3339). */
  public readonly notAfter: pulumi.Output<string>;

  public constructor(name: string, args: LeafCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    const { commonName, organization, usages, dnsNames, ipAddresses } = args.subject;
    super("redoubt:pki:LeafCertificate", name, { commonName }, opts);

    // A new key makes a new request, and that a new certificate: the epoch need not be told to them.
    const key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this, replacementTrigger: args.epoch },
    );
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName, ...(organization === undefined ? {} : { organization }) },
        ...(dnsNames.length === 0 ? {} : { dnsNames: [...dnsNames] }),
        ...(ipAddresses.length === 0 ? {} : { ipAddresses: [...ipAddresses] }),
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caCertPem: args.authority.certificate,
        caPrivateKeyPem: args.authority.privateKey,
        allowedUses: ["digital_signature", ...usages],
        setSubjectKeyId: true,
        validityPeriodHours: args.validityHours,
        earlyRenewalHours: args.renewBeforeHours ?? 0,
      },
      { parent: this },
    );

    this.certificate = certificate.certPem;
    this.privateKey = pulumi.secret(key.privateKeyPem);
    this.notAfter = certificate.validityEndTime;
    this.registerOutputs({ notAfter: this.notAfter });
  }
}
