import { createHash } from "node:crypto";

/** An ssh-ed25519 public key that nobody has the private key of: the name decides its bytes (RFC 8709, 4). */
export function hostKey(name: string): string {
  const field = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const key = createHash("sha256").update(name).digest();
  return `ssh-ed25519 ${Buffer.concat([field(Buffer.from("ssh-ed25519")), field(key)]).toString("base64")}`;
}

/** Settings `hosts` of an inventory; `more` adds to it or replaces. */
export function inventoryOf(hosts: readonly object[], more: object = {}, inventory: object = {}): object {
  return {
    provider: "inventory",
    operatorCidrs: ["192.0.2.0/24"],
    inventory: { hosts, ...inventory },
    ...more,
  };
}

/** One control plane and one worker. */
export const inventoryHosts = [
  { name: "alpha", role: "control-plane", address: "192.0.2.21", hostKey: hostKey("alpha") },
  { name: "beta", role: "worker", address: "192.0.2.22", hostKey: hostKey("beta") },
] as const;

/** A private key's shape; nobody can log in with it. */
export const somePrivateKey =
  "-----BEGIN OPENSSH PRIVATE KEY-----\nbm9ib2R5\n-----END OPENSSH PRIVATE KEY-----\n";
