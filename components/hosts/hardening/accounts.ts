import type { FileSpec, PlanFragment } from "../../plan/plan";

/** Who may log in. */
export interface AccountsOptions {
  /** The one user with a login; it has sudo. */
  readonly adminUser: string;
}

/** Where authorized keys lie: root's, so that whoever logs in can't let others in (sshd_config(5), AuthorizedKeysFile). */
export const authorizedKeysFolder = "/etc/ssh/authorized_keys.d";

/** The administrator may become root without a password: the account has none. */
export function sudoersFile(adminUser: string): FileSpec {
  return {
    path: "/etc/sudoers.d/90-redoubt",
    content: `Defaults use_pty\nDefaults logfile="/var/log/sudo.log"\n${adminUser} ALL=(ALL) NOPASSWD:ALL\n`,
    mode: "0440",
    validate: ["/usr/sbin/visudo", "--check", "--quiet", "--file={}"],
  };
}

/**
 * One user with keys and sudo; root and everybody else without password and shell
 * (CIS Debian Linux 12, section 5.4: user accounts and environment).
 */
export function accounts({ adminUser }: AccountsOptions): PlanFragment {
  return {
    packages: ["sudo", "passwd"],
    users: [{ name: adminUser }],
    directories: [{ path: authorizedKeysFolder }],
    files: [
      sudoersFile(adminUser),
      // New files of login sessions are nobody else's (CIS: default user umask 027 or stricter).
      { path: "/etc/profile.d/redoubt-umask.sh", content: "umask 027\n" },
    ],
    steps: [
      {
        description: "password of root locked",
        unless: ["bash", "-c", "[[ $(passwd --status root) == 'root L '* ]]"],
        command: ["passwd", "--quiet", "--lock", "root"],
      },
      {
        description: "accounts with an empty password locked",
        unless: ["bash", "-c", "! grep --quiet '^[^:]*::' /etc/shadow"],
        command: [
          "bash",
          "-c",
          "sed -n 's/^\\([^:]*\\)::.*/\\1/p' /etc/shadow | xargs --no-run-if-empty -n 1 passwd --quiet --lock",
        ],
      },
      {
        description: "login shells of system accounts taken away",
        unless: [
          "bash",
          "-c",
          "! awk -F: '$1 != \"${adminUser}\" && $3 > 0 && $3 < 1000 && $7 !~ /(nologin|false|sync)$/ { found = 1 } END { exit !found }' /etc/passwd",
        ],
        command: [
          "bash",
          "-c",
          "awk -F: '$1 != \"${adminUser}\" && $3 > 0 && $3 < 1000 && $7 !~ /(nologin|false|sync)$/ { print $1 }' /etc/passwd | xargs --no-run-if-empty -n 1 usermod --shell /usr/sbin/nologin",
        ],
      },
    ],
  };
}
