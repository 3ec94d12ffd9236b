import type { PlanFragment } from "../plan/plan";
import { authorizedKeysFolder } from "./hardening/accounts";

/** Stands for the lines of the stack's own public keys, which are known when they have been made. */
export const stackKeyMark = "@STACK_PUBLIC_KEY@";

/** Who may log in to a host. */
export interface AuthorizedKeysOptions {
  readonly adminUser: string;
  /** Public keys beside the stack's own, each one line in OpenSSH form. */
  readonly sshPublicKeys: readonly string[];
}

/**
 * The keys that let somebody in, and no others: the file is root's, a change of it reverts unless the stack can still log in, and what
 * lies where sshd looked before the host was ours is taken away.
 */
export function authorizedKeys({ adminUser, sshPublicKeys }: AuthorizedKeysOptions): PlanFragment {
  const path = `${authorizedKeysFolder}/${adminUser}`;
  return {
    files: [
      {
        path,
        content: [stackKeyMark, ...sshPublicKeys].map((line) => `${line}\n`).join(""),
        validate: ["/usr/bin/ssh-keygen", "-l", "-f", "{}"],
      },
    ],
    absent: [`/home/${adminUser}/.ssh/authorized_keys`, "/root/.ssh/authorized_keys"],
    // sshd reads the file at each login.
    guarded: [{ path, activate: ["true"] }],
  };
}
