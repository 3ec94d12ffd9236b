import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Both halves of a key in OpenSSH form. */
export interface SshKeyPair {
  readonly private: string;
  readonly public: string;
}

/** A new Ed25519 key by OpenSSH itself: one in three hundred that ssh2 makes can't be read, by ssh2 neither. */
export function sshKeyPair(comment: string): SshKeyPair {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-key-"));
  const file = path.join(folder, "key");
  try {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
    return {
      private: readFileSync(file, "utf8"),
      public: readFileSync(`${file}.pub`, "utf8").trimEnd(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
