/**
 * TLS settings that every Kubernetes server of the cluster gets. TLS 1.3 has only AEAD suites and its list can't be set in Go;
 * the list below rules TLS 1.2. CIS 1.2.29 (API server) and 4.2.12 (kubelet); our certificates are ECDSA, so RSA suites are left out.
 */
export const tlsMinVersion = "VersionTLS12";

/** AEAD suites with forward secrecy for ECDSA certificates, by their IANA names (RFC 5289, RFC 7905). */
export const tlsCipherSuites: readonly string[] = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];
