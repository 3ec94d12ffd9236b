import * as pulumi from "@pulumi/pulumi";
import { defaultMocks, type ProviderMock } from "./mocks";

/** The mocked private key in OpenSSH's own form: it has its shape and names the resource that it is of. */
const openSshKey = (name: string): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(name).toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;

/** Keys with what SSH needs of them, beside what {@link defaultMocks} computes. */
export const sshKeyMocks: Readonly<Record<string, ProviderMock>> = {
  "tls:index/privateKey:PrivateKey": (inputs, name) => ({
    ...defaultMocks["tls:index/privateKey:PrivateKey"]?.(inputs, name),
    privateKeyOpenssh: pulumi.secret(openSshKey(name)),
    publicKeyOpenssh: `ssh-ed25519 ${Buffer.from(name).toString("base64")}\n`,
    publicKeyFingerprintSha256: `SHA256:${name}`,
  }),
};
