import { secret, unknown } from "../judge";
import { command, replace, scripts } from "../scripts";
import { inputCases, scriptCases, type CaseTable } from "./cases";

const remote = "command:remote:Command";
const pinned = {
  host: "10.77.5.10",
  user: "redoubt",
  privateKey: secret("key"),
  hostKey: "ssh-ed25519 AAAA",
};

/** Rules on how somebody gets into a host. */
export const hostTable: CaseTable = {
  "hosts-root-login": scriptCases("harden", {
    // Only the first value of a keyword counts.
    nearGood: replace("PermitRootLogin no\n", "PermitRootLogin no\nPermitRootLogin yes\n"),
    nearBad: replace("PermitRootLogin no\n", "PermitRootLogin prohibit-password\n"),
    bad: replace("PermitRootLogin no\n", "PermitRootLogin yes\n"),
  }),
  "hosts-password-login": scriptCases("harden", {
    nearGood: replace("AuthenticationMethods publickey\n", "AuthenticationMethods publickey,password\n"),
    nearBad: replace("UsePAM yes\n", "UsePAM yes\nMatch Address 10.0.0.0/8\n  PasswordAuthentication yes\n"),
    bad: replace("PasswordAuthentication no\n", "PasswordAuthentication yes\n"),
  }),
  "hosts-weak-ssh-algorithms": scriptCases("harden", {
    nearGood: replace("hmac-sha2-256-etm@openssh.com", "hmac-sha2-256"),
    nearBad: replace("Ciphers chacha20", "Ciphers +chacha20"),
    bad: replace("aes128-gcm@openssh.com", "aes128-cbc"),
  }),
  "hosts-unpinned-host-key": inputCases(remote, {
    good: { connection: pinned },
    nearGood: { connection: { ...pinned, proxy: { host: "bastion", hostKey: "ssh-ed25519 BBBB" } } },
    nearBad: { connection: { ...pinned, proxy: { host: "bastion" } } },
    bad: { connection: { ...pinned, hostKey: undefined } },
    unknown: { connection: unknown },
  }),
  "hosts-root-connection": {
    ...inputCases(remote, {
      good: { connection: pinned },
      nearGood: { connection: { ...pinned, user: "rooty" } },
      // The provider's default user is root.
      nearBad: { connection: { ...pinned, user: undefined } },
      bad: { connection: { ...pinned, user: "root", password: secret("hunter2") } },
      unknown: { connection: unknown },
    }),
    nearGood: [
      { type: remote, name: "rooty", inputs: { connection: { ...pinned, user: "rooty" } } },
      // What adopts a host that somebody else made has only that host's own login.
      {
        type: remote,
        name: "adoption-run",
        parents: ["redoubt:hosts:Inventory", "redoubt:plan:FirstLogin"],
        inputs: { connection: { ...pinned, user: "root" } },
      },
    ],
  },
  "hosts-readable-script": {
    good: [command("ApplyPlan", scripts.harden)],
    nearGood: [command("ApplyPlan", "echo no plan at all\n")],
    nearBad: [command("ApplyPlan", scripts.harden.slice(0, -"report\n".length))],
    bad: [command("ApplyPlan", replace("\npackages ", "\npackage_everything ")(scripts.harden))],
    unknown: [command("ApplyPlan", unknown)],
  },
};
