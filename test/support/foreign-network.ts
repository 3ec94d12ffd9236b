import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readArtifacts, requiredBaseImage } from "../../components/config/artifacts";
import { runProgram, type Outcome } from "./cluster";

const root = path.dirname(path.dirname(__dirname));
const machineScript = path.join(root, "components/hosts/local/machine.sh");

/** The password of root and of {@link installer}: these machines are as soft as an installer leaves them. */
export const softPassword = "as soft as butter";
/** A user of the machine that may sudo with that password. */
export const installer = "installer";

/** A machine that nobody hardened, and that no stack made. */
export interface ForeignMachine {
  readonly name: string;
  readonly address: string;
  /** Its ssh-ed25519 host key. */
  readonly hostKey: string;
}

/** Fails with what the program said. */
export function must(outcome: Outcome): string {
  if (outcome.code !== 0) throw new Error(`exit ${outcome.code}: ${outcome.stderr.slice(-2000)}`);
  return outcome.stdout;
}

/**
 * Machines of this box that belong to no stack, on a bridge of their own: systemd-nspawn ones, made with the primitives of local
 * machines and then softened, root and passwords let in. What they hold goes with {@link remove}, also after a failure.
 */
export class ForeignNetwork {
  public readonly folder = mkdtempSync(path.join(tmpdir(), "redoubt-foreign-"));
  public readonly bridge: string;
  /** The first three bytes of every address. */
  public readonly prefix: string;
  private readonly environment: NodeJS.ProcessEnv;

  public constructor(private readonly name: string) {
    const digest = createHash("sha256").update(name).digest();
    this.bridge = `rdf-${digest.toString("hex").slice(0, 8)}`;
    this.prefix = `10.${224 + (digest.readUInt8(0) % 20)}.${digest.readUInt8(1)}`;
    for (const store of ["tools", "images"])
      mkdirSync(path.join(this.folder, "empty", store), { recursive: true });
    this.environment = {
      ...process.env,
      REDOUBT_MACHINES: path.join(this.folder, "machines"),
      CLUSTER: name,
      BRIDGE: this.bridge,
      BRIDGE_ADDRESS: `${this.gateway}/24`,
      SUBNET: `${this.prefix}.0/24`,
      GATEWAY: this.gateway,
      PREFIX_LENGTH: "24",
      BASE_IMAGE: requiredBaseImage(readArtifacts()),
      // Nothing of this box is mounted: what these machines install must come to them.
      ARTIFACT_STORE: path.join(this.folder, "empty"),
      ADMIN_USER: installer,
    };
  }

  /** The box's own address in the network. */
  public get gateway(): string {
    return `${this.prefix}.1`;
  }

  /** Makes the bridge. */
  public create(): void {
    must(this.machineScript(["network-create"]));
  }

  /** Path of the private key that root and {@link installer} of a machine may log in with. */
  public loginKey(name: string): string {
    return path.join(this.folder, `${name}-login`);
  }

  /**
   * Boots a machine; `last` is the last byte of its address.
   *
   * @param baseImage Root filesystem. Default: that of local machines.
   */
  public boot(name: string, last: number, baseImage?: string): ForeignMachine {
    const address = `${this.prefix}.${last}`;
    const key = path.join(this.folder, `${name}-host-key`);
    must(runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]));
    const login = this.loginKey(name);
    must(runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", login]));
    const hostKey = readFileSync(`${key}.pub`, "utf8").trim();
    const environment = {
      NAME: name,
      ADDRESS: address,
      AUTHORIZED_KEYS: readFileSync(`${login}.pub`, "utf8").trim(),
      ...(baseImage === undefined ? {} : { BASE_IMAGE: baseImage }),
    };
    const created = this.machineScript(["create"], environment, readFileSync(key, "utf8"));
    const console = path.join(this.folder, "machines", this.name, name, "console.log");
    if (created.code !== 0)
      throw new Error(`${created.stderr}${runProgram("tail", ["-n", "15", console]).stdout}`);
    this.soften({ name, address, hostKey }, login);
    return { name, address, hostKey };
  }

  /** `stop` is a power cut. */
  public power(verb: "start" | "stop", name: string): Outcome {
    return this.machineScript([verb, this.name, name]);
  }

  /** Removes everything, whatever of it is there. */
  public remove(): void {
    this.machineScript(["network-delete"]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private machineScript(args: readonly string[], more: NodeJS.ProcessEnv = {}, input = ""): Outcome {
    return runProgram(machineScript, args, { env: { ...this.environment, ...more }, input });
  }

  /** Undoes what the primitives do for the first login of a stack. */
  private soften({ address, hostKey }: ForeignMachine, login: string): void {
    const known = path.join(this.folder, "known_hosts");
    writeFileSync(known, `${address} ${hostKey}\n`);
    const script = `set -eu
printf '%s\\n' 'root:${softPassword}' '${installer}:${softPassword}' | chpasswd
printf 'PermitRootLogin yes\\nPasswordAuthentication yes\\n' >/etc/ssh/sshd_config.d/50-soft.conf
usermod --append --groups sudo ${installer}
for user in root ${installer}; do
  home=$(getent passwd "$user" | cut -d: -f6)
  install -d -m 0700 -o "$user" "$home/.ssh"
  install -m 0600 -o "$user" /etc/ssh/authorized_keys.d/${installer} "$home/.ssh/authorized_keys"
done
rm -rf /etc/ssh/sshd_config.d/00-redoubt.conf /etc/ssh/authorized_keys.d /etc/sudoers.d/90-redoubt
systemctl reload ssh.service
`;
    const options = ["-o", "BatchMode=yes", "-o", `UserKnownHostsFile=${known}`, "-i", login];
    must(runProgram("ssh", [...options, `${installer}@${address}`, "sudo bash -s"], { input: script }));
  }
}
