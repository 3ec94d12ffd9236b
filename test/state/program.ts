import * as command from "@pulumi/command";
import * as tls from "@pulumi/tls";

const key = new tls.PrivateKey("key", { algorithm: "ED25519" });
// Lasts until the test has looked at the lock.
new command.local.Command(
  "gate",
  { create: 'until [ -e "$REDOUBT_TEST_GATE" ]; do sleep 0.1; done' },
  { dependsOn: [key] },
);

export const privateKey = key.privateKeyOpenssh;
