import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, fillOnce } from "../../toolchain/cache";
import { installDebianPackages } from "../../toolchain/debian-packages";
import type { KeyPair } from "./certificates";

/** Debian's OpenLDAP, and what gives its machine an address. */
const packages = ["slapd", "iproute2"];

/** A person of the directory. */
export interface Person {
  readonly uid: string;
  readonly password: string;
}

/** What makes a directory. */
export interface DirectoryOptions {
  /** Name of its machine; unique on the box, at most 11 characters. */
  readonly machine: string;
  readonly bridge: string;
  readonly address: string;
  readonly people: readonly Person[];
  /** Members by group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Password of {@link bindDN}. */
  readonly bindPassword: string;
}

const suffix = "dc=example,dc=org";

/** The account that may search, and nothing else. */
export const bindDN = `cn=dex,ou=services,${suffix}`;
export const peopleDN = `ou=people,${suffix}`;
export const groupsDN = `ou=groups,${suffix}`;

/** slapd.conf(5): nobody without TLS, nobody anonymous, passwords to be compared and never read. */
const configuration = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile /run/slapd.pid
TLSCACertificateFile /etc/directory/ca.crt
TLSCertificateFile /etc/directory/tls.crt
TLSCertificateKeyFile /etc/directory/tls.key
security simple_bind=128
database mdb
suffix "${suffix}"
directory /var/lib/ldap
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${bindDN}" read by * none
`;

function entry(
  dn: string,
  classes: readonly string[],
  attributes: readonly (readonly [string, string])[],
): string {
  const lines = [...classes.map((name) => ["objectClass", name] as const), ...attributes];
  return `dn: ${dn}\n${lines.map(([name, value]) => `${name}: ${value}\n`).join("")}\n`;
}

function content({ people, groups, bindPassword }: DirectoryOptions): string {
  const units = ["people", "groups", "services"].map((name) =>
    entry(`ou=${name},${suffix}`, ["organizationalUnit"], [["ou", name]]),
  );
  return [
    entry(
      suffix,
      ["dcObject", "organization"],
      [
        ["dc", "example"],
        ["o", "Example"],
      ],
    ),
    ...units,
    entry(
      bindDN,
      ["applicationProcess", "simpleSecurityObject"],
      [
        ["cn", "dex"],
        ["userPassword", bindPassword],
      ],
    ),
    ...people.map(({ uid, password }) =>
      entry(
        `uid=${uid},${peopleDN}`,
        ["inetOrgPerson"],
        [
          ["uid", uid],
          ["cn", uid],
          ["sn", uid],
          ["userPassword", password],
        ],
      ),
    ),
    ...Object.entries(groups).map(([name, members]) =>
      entry(
        `cn=${name},${groupsDN}`,
        ["groupOfNames"],
        [["cn", name], ...members.map((uid) => ["member", `uid=${uid},${peopleDN}`] as const)],
      ),
    ),
  ].join("");
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 500 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", end(true)).on("error", end(false)).on("timeout", end(false));
  });
}

/** A real OpenLDAP server on a machine of its own, joined to the bridge of a cluster. */
export class DirectoryServer {
  readonly #options: DirectoryOptions;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "redoubt-directory-"));
  #process: ChildProcess | undefined;

  public constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** Starts it with a certificate; the directory is filled anew. */
  public async start(authority: KeyPair, server: KeyPair): Promise<void> {
    const { machine, bridge, address } = this.#options;
    const image = await directoryImage();
    const files = {
      "slapd.conf": configuration,
      "data.ldif": content(this.#options),
      "ca.crt": authority.certificate,
      "tls.crt": server.certificate,
      "tls.key": server.privateKey,
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(this.#folder, name), text, { mode: 0o600 });
    }
    const script = `set -e
ip address add ${address}/24 dev host0
ip link set host0 up
slapadd -q -f /etc/directory/slapd.conf -l /etc/directory/data.ldif
exec slapd -d 0 -h 'ldap:/// ldaps:///' -f /etc/directory/slapd.conf`;
    const args = [
      ...["--quiet", "--register=no", "--keep-unit", "--as-pid2", "--read-only", "--resolv-conf=off"],
      ...[`--directory=${image}`, `--machine=${machine}`, `--network-bridge=${bridge}`],
      ...["--tmpfs=/var/lib/ldap", `--bind-ro=${this.#folder}:/etc/directory`],
      ...["bash", "-c", script],
    ];
    const child = spawn("systemd-nspawn", args, { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
    this.#process = child;
    const deadline = Date.now() + 20_000;
    while (!(await answers(address, 636))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`slapd did not start: ${log}`);
      await sleep(50);
    }
  }

  /** Runs a program in the machine's network, as somebody would who got into it. */
  public inItsNetwork(command: readonly string[]): number {
    try {
      execFileSync("nsenter", ["--target", this.#leader(), "--net", ...command], { stdio: "ignore" });
      return 0;
    } catch (error) {
      return (error as { status?: number }).status ?? -1;
    }
  }

  /** Ends it as a power cut would. */
  public async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.on("close", resolve));
    try {
      process.kill(Number(this.#leader()), "SIGKILL");
    } catch {
      child.kill("SIGKILL");
    }
    await ended;
    this.#process = undefined;
  }

  public async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The machine's first process, as the box numbers it: the only child of systemd-nspawn. */
  #leader(): string {
    const pid = this.#process?.pid ?? 0;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0] ?? "";
  }
}

/** The root filesystem of the machine; made once, from the box's own apt sources. */
async function directoryImage(): Promise<string> {
  const folder = path.join(cacheFolder(), "machine", "bookworm-directory-2");
  await installDebianPackages(["mmdebstrap", "systemd-container"]);
  await fillOnce(folder, (scratch) => {
    execFileSync(
      "mmdebstrap",
      ["--variant=minbase", `--include=${packages.join(",")}`, "bookworm", scratch],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    // A read-only tree can't be given a mount point when it starts.
    mkdirSync(path.join(scratch, "etc/directory"));
    return Promise.resolve();
  });
  return folder;
}
