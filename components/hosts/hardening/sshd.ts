import type { PlanFragment } from "../../plan/plan";
import { authorizedKeysFolder } from "./accounts";

/** How sshd lets people in. */
export interface SshdOptions {
  readonly adminUser: string;
  /** Port where it answers. Default: 22. */
  readonly sshPort?: number;
  /** Passes connections on to SSH servers, as a bastion does. Default: false. */
  readonly forwards?: boolean;
}

/** Everything that sshd is told. */
const configurationFile = "/etc/ssh/sshd_config.d/00-redoubt.conf";

/**
 * The main file reads ours and nothing else: on a host that was there before, other files may hold a `Match` block, which outdoes what
 * is said for everybody, or may not read ours at all (sshd_config(5), Include and Match).
 */
const mainFile = {
  path: "/etc/ssh/sshd_config",
  content: `Include ${configurationFile}\n`,
};

/**
 * Keywords of sshd_config(5). Algorithms are those that OpenSSH 9.2 (Debian 12) and 10.0 (Debian 13) both know, without SHA-1,
 * CBC, finite-field groups and MACs before encryption; hybrid post-quantum key exchange first. Limits as in the dev-sec ssh
 * baseline, but MaxStartups and MaxSessions leave room for the handful of connections that `up` opens at once.
 */
function keywords({
  adminUser,
  sshPort = 22,
  forwards = false,
}: SshdOptions): readonly (readonly [string, string])[] {
  return [
    ["Port", String(sshPort)],
    ["HostKey", "/etc/ssh/ssh_host_ed25519_key"],
    ["HostKeyAlgorithms", "ssh-ed25519"],
    ["KexAlgorithms", "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org"],
    ["Ciphers", "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com"],
    ["MACs", "hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com"],
    ["PubkeyAcceptedAlgorithms", "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256"],
    ["AllowUsers", adminUser],
    ["AuthenticationMethods", "publickey"],
    ["AuthorizedKeysFile", `${authorizedKeysFolder}/%u`],
    ["PubkeyAuthentication", "yes"],
    ["PasswordAuthentication", "no"],
    ["KbdInteractiveAuthentication", "no"],
    ["PermitEmptyPasswords", "no"],
    ["PermitRootLogin", "no"],
    ["PermitUserEnvironment", "no"],
    ["HostbasedAuthentication", "no"],
    ["IgnoreRhosts", "yes"],
    ["AllowAgentForwarding", "no"],
    ["AllowStreamLocalForwarding", "no"],
    ...(forwards
      ? ([
          ["AllowTcpForwarding", "local"],
          ["PermitOpen", "*:22"],
        ] as const)
      : ([["AllowTcpForwarding", "no"]] as const)),
    ["GatewayPorts", "no"],
    ["PermitTunnel", "no"],
    ["X11Forwarding", "no"],
    ["StrictModes", "yes"],
    ["LoginGraceTime", "30"],
    ["MaxAuthTries", "3"],
    ["MaxSessions", "10"],
    ["MaxStartups", "20:30:60"],
    ["ClientAliveInterval", "300"],
    ["ClientAliveCountMax", "3"],
    ["LogLevel", "VERBOSE"],
    ["PrintMotd", "no"],
    ["UsePAM", "yes"],
    ["Subsystem", "sftp internal-sftp"],
  ];
}

/** Keys are the only way in, for one user, with modern algorithms; a change that locks the operator out reverts by itself. */
export function sshd(options: SshdOptions): PlanFragment {
  const lines = keywords(options).map(([keyword, value]) => `${keyword} ${value}\n`);
  const activate = ["systemctl", "reload", "ssh.service"];
  return {
    packages: ["openssh-server"],
    directories: [{ path: "/run/sshd" }],
    files: [
      {
        path: configurationFile,
        content: lines.join(""),
        mode: "0600",
        validate: ["/usr/sbin/sshd", "-t", "-f", "{}"],
      },
      mainFile,
    ],
    // Host keys of other algorithms are offered to nobody; what does not exist can't be stolen either.
    absent: ["rsa", "ecdsa"].flatMap((kind) => [
      `/etc/ssh/ssh_host_${kind}_key`,
      `/etc/ssh/ssh_host_${kind}_key.pub`,
    ]),
    units: [{ name: "ssh.service" }],
    guarded: [configurationFile, mainFile.path].map((path) => ({ path, activate })),
  };
}
