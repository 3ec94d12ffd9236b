import { stringify } from "yaml";
import type { FileSpec, PlanFragment } from "../../plan/plan";
import { authorizedKeysFolder, sudoersFile } from "../hardening/accounts";
import { sshd } from "../hardening/sshd";

/** What an instance is told before it first answers. */
export interface FirstBootOptions {
  readonly hostname: string;
  /** The one user that may log in; it has sudo. */
  readonly adminUser: string;
  /** Keys that let it in, each one line in OpenSSH form. */
  readonly publicKeys: readonly string[];
  /** The ssh-ed25519 host key that the first connection pins, both halves in OpenSSH form. */
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
  /** Passes connections on, as a bastion does. Default: false. */
  readonly forwards?: boolean;
  /**
   * Brings packages of the image up to date, as a host needs it that no plan does it for: its image may be old. It does not reboot for
   * a new kernel, because `up` may be working through it by then. Default: false.
   */
  readonly upgrades?: boolean;
  /** Packages and files beside those of the login. Default: none. */
  readonly also?: Pick<PlanFragment, "packages" | "files"> | undefined;
}

/**
 * User data for cloud-init, as Debian's images have it. All that decides who gets in is done in its network stage, which ends before
 * sshd starts (cloud-init: Boot stages), in this order: `bootcmd`, `write_files`, `users`, `ssh`. sshd is told the same as hardening
 * will tell it, so there is no time at which it answers a password or root.
 */
export function renderCloudInit(options: FirstBootOptions): string {
  const { hostname, adminUser, publicKeys, hostKey, forwards = false, upgrades = false, also = {} } = options;
  const { files: sshdFiles = [] } = sshd({ adminUser, forwards });
  const keysFile = {
    path: `${authorizedKeysFolder}/${adminUser}`,
    content: publicKeys.map((key) => `${key}\n`).join(""),
  };
  const files: readonly FileSpec[] = [...sshdFiles, sudoersFile(adminUser), keysFile, ...(also.files ?? [])];
  const packages = also.packages ?? [];
  const configuration = {
    // First, and at every boot: whatever the image says, root has no password.
    bootcmd: [["passwd", "--quiet", "--lock", "root"]],
    write_files: files.map(({ path, content, mode = "0644" }) => {
      return { path, owner: "root:root", permissions: mode, content };
    }),
    hostname,
    // Hardening writes the host's name there, and Debian's images would have it written anew at every boot.
    manage_etc_hosts: false,
    // The image's own, whatever it is.
    locale: false,
    // This user and no other: "default", which stands for the image's own user admin, is left out.
    users: [{ name: adminUser, shell: "/bin/bash", lock_passwd: true }],
    disable_root: true,
    ssh_pwauth: false,
    // Keys that the metadata service names let nobody in.
    allow_public_ssh_keys: false,
    // The host key of the stack, and none that nobody has pinned.
    ssh_deletekeys: true,
    ssh_genkeytypes: ["ed25519"],
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    // From here on sshd answers.
    ...(upgrades ? { package_update: true, package_upgrade: true } : {}),
    ...(packages.length === 0 ? {} : { package_update: true, packages }),
  };
  return `#cloud-config\n${stringify(configuration, { lineWidth: 0 })}`;
}
