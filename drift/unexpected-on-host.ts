import { portOn, portTable } from "../components/plan/ports";
import type { HostExpectation } from "./compare-host";
import type { Finding } from "./finding";
import type { HostFacts, SocketFact } from "./host-facts";
import { entriesOf } from "./look-script";

function unexpected(subject: string, found: string, advice: string): Finding {
  return { subject, wanted: "not there: no plan knows it", found, diff: [], repair: { by: "hand", advice } };
}

function isLoopback(address: string): boolean {
  return /^(127\.|\[::1\]|\[::ffff:127\.)/.test(address) || address.endsWith("%lo");
}

/** A client of DHCP waits for answers on its own port (RFC 2131, 4.1; RFC 8415, 7.2); the host firewall knows them. */
function isDhcpClient({ protocol, port, program }: SocketFact): boolean {
  return protocol === "udp" && [68, 546].includes(port) && ["systemd-network", "dhclient"].includes(program);
}

/** Ports that somebody waits on, from outside the host, and that the port table does not open on its role. */
export function unexpectedSockets(
  { role, sshPort }: Pick<HostExpectation, "role" | "sshPort">,
  sockets: readonly SocketFact[],
): Finding[] {
  if (role === undefined) return [];
  const known = new Set(
    portTable
      .filter((rule) => rule.on.includes(role))
      .map((rule) => `${rule.protocol}/${portOn(rule, sshPort)}`),
  );
  const outside = sockets.filter((socket) => !isLoopback(socket.address) && !isDhcpClient(socket));
  const strange = outside.filter(({ protocol, port }) => !known.has(`${protocol}/${port}`));
  // The same port over IPv4 and IPv6 is one finding.
  const byPort = new Map(strange.map((socket) => [`${socket.protocol}/${socket.port}`, socket]));
  return [...byPort].map(([port, { program }]) =>
    unexpected(
      `port ${port}`,
      `${program === "" ? "something" : program} listens`,
      "stop what listens there, or add the port to components/plan/ports.ts",
    ),
  );
}

const noLogin = /\/(nologin|false|sync)$/;
/** The user "nobody" (base-passwd). */
const nobody = 65534;

function unexpectedAccounts({ promised, adminUser }: HostExpectation, facts: HostFacts): Finding[] {
  const users = entriesOf(
    promised.map(({ entry }) => entry),
    "user",
  ).map(({ name }) => name);
  const known = new Set([...users, adminUser, "root"]);
  return facts.accounts
    .filter(({ name }) => !known.has(name))
    .filter(({ uid, shell }) => uid === 0 || (uid >= 1000 && uid !== nobody && !noLogin.test(shell)))
    .map(({ name, uid, shell }) =>
      unexpected(
        `user ${name}`,
        uid === 0 ? "has root's uid 0" : `may log in with ${shell}`,
        `sudo userdel ${name}, or sudo usermod --shell /usr/sbin/nologin ${name}`,
      ),
    );
}

function unexpectedSudoers({ promised, adminUser }: HostExpectation, facts: HostFacts): Finding[] {
  const users = entriesOf(
    promised.map(({ entry }) => entry),
    "user",
  ).filter(({ groups }) => groups.includes("sudo"));
  const known = new Set([...users.map(({ name }) => name), adminUser]);
  return (facts.groups.get("sudo") ?? [])
    .filter((member) => !known.has(member))
    .map((member) => unexpected(`group sudo`, `${member} is in it`, `sudo gpasswd --delete ${member} sudo`));
}

/** Files that packages of Debian put into the guarded folders. */
const distributionFiles = new Set(["/etc/sudoers.d/README"]);

function unexpectedFiles({ promised }: HostExpectation, facts: HostFacts): Finding[] {
  const known = new Set(
    entriesOf(
      promised.map(({ entry }) => entry),
      "file",
      "link",
    ).map(({ path }) => path),
  );
  return facts.guardedFolders
    .filter((path) => !known.has(path) && !distributionFiles.has(path))
    .map((path) =>
      unexpected(`file ${path}`, "a file that may let somebody in", `read it, then sudo rm ${path}`),
    );
}

/** Where an administrator's drop-ins lie; those of packages lie below /usr/lib (systemd.unit(5)). */
const administratorUnits = /^\/(etc|run)\/systemd\/system(\.control)?\//;

function unexpectedDropIns({ promised }: HostExpectation, facts: HostFacts): Finding[] {
  const manifest = promised.map(({ entry }) => entry);
  const known = new Set(entriesOf(manifest, "file").map(({ path }) => path));
  return entriesOf(manifest, "unit").flatMap(({ name }) =>
    (facts.units.get(name)?.dropIns ?? [])
      .filter((path) => administratorUnits.test(path) && !known.has(path))
      .map((path) =>
        unexpected(
          `drop-in ${path}`,
          `changes ${name}`,
          `sudo rm ${path} && sudo systemctl daemon-reload && sudo systemctl restart ${name}`,
        ),
      ),
  );
}

/** What is on the host and in no plan, and lets somebody in or changes what the plan made. */
export function unexpectedOnHost(expectation: HostExpectation, facts: HostFacts): Finding[] {
  return [
    ...unexpectedSockets(expectation, facts.sockets),
    ...unexpectedAccounts(expectation, facts),
    ...unexpectedSudoers(expectation, facts),
    ...unexpectedFiles(expectation, facts),
    ...unexpectedDropIns(expectation, facts),
  ];
}
