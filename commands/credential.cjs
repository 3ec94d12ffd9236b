// The exec credential plugin (client.authentication.k8s.io/v1) that `npm run login` writes into kubeconfigs: kubectl calls it on every
// command, so it is plain JavaScript that reads one file. Only a token that ends soon is worth loading the rest.
"use strict";
const { spawnSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const secondsLeft = 30;
const root = path.dirname(__dirname);
const file = process.argv[2];

if (file === undefined || file === "--help") {
  process.stderr.write(
    "usage: credential.cjs SESSION: prints the token of a login for kubectl, renewed when it ends\n",
  );
  process.exit(file === undefined ? 1 : 0);
}

/** A session that can't be read is `credential.ts`'s to explain. */
function session() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

const { idToken, expiresAt } = session();
if (typeof idToken === "string" && Date.parse(expiresAt) - Date.now() > secondsLeft * 1000) {
  const status = { token: idToken, expirationTimestamp: expiresAt };
  process.stdout.write(
    JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }),
  );
} else {
  const script = path.join(__dirname, "credential.ts");
  const args = ["--import", "tsx", script, path.resolve(file)];
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  process.exit(result.status ?? 1);
}
