import { readFileSync } from "node:fs";
import path from "node:path";
import { paths } from "../components/plan/paths";
import type { EntryOf, ManifestEntry } from "../components/plan/manifest";
import { shellCommand } from "../components/plan/quote";

/** The functions that a look script calls; shellcheck reads them where they stand. */
export const lookFunctions = readFileSync(path.join(__dirname, "look.sh"), "utf8");

/** Folders in which every file lets somebody in or changes how: what the plan does not know there is found. */
export const guardedFolders = ["/etc/ssh/authorized_keys.d", "/etc/ssh/sshd_config.d", "/etc/sudoers.d"];

/** The kubelet renews its client certificate itself, so only the host knows when it ends. */
export const kubeletClientCertificate = `${paths.kubeletPki}/kubelet-client-current.pem`;

const unitProperties = ["Id", "Names", "LoadState", "UnitFileState", "ActiveState", "DropInPaths"];

/** Entries of some kinds. */
export function entriesOf<Kind extends ManifestEntry["kind"]>(
  manifest: readonly ManifestEntry[],
  ...kinds: readonly Kind[]
): EntryOf<Kind>[] {
  return manifest.filter((entry): entry is EntryOf<Kind> =>
    (kinds as readonly string[]).includes(entry.kind),
  );
}

/** How a file of PEM begins one; indented, it stands inside of another file and openssl does not see it. */
const certificateLine = /^-----BEGIN CERTIFICATE-----$/m;

/** Where certificates lie that the plan put there: what everybody may read says so, kubeconfigs are known by their path. */
export function certificatePaths(manifest: readonly ManifestEntry[]): string[] {
  const files = entriesOf(manifest, "file").filter(
    ({ path: file, shown }) => (shown !== undefined && certificateLine.test(shown)) || isKubeconfig(file),
  );
  const kubelet = entriesOf(manifest, "unit").some(({ name }) => name === "kubelet.service");
  return [...files.map((file) => file.path), ...(kubelet ? [kubeletClientCertificate] : [])];
}

function isKubeconfig(file: string): boolean {
  return file.endsWith("/kubeconfig") || (file.startsWith(`${paths.kubernetes}/`) && file.endsWith(".conf"));
}

/** Packages that the plan keeps from being upgraded by themselves (unattended-upgrades, `Package-Blacklist`: regular expressions). */
export function excludedPackages(manifest: readonly ManifestEntry[]): string[] {
  return entriesOf(manifest, "file").flatMap(({ shown = "" }) => {
    const [, list = ""] = /^Unattended-Upgrade::Package-Blacklist \{(.*)\};$/m.exec(shown) ?? [];
    return [...list.matchAll(/"\^([a-z0-9.+-]+)\$";/g)].map(([, name = ""]) => name);
  });
}

/** A question, left out where there is nothing to ask about: most tools would then answer for everything. */
function ask(
  name: string,
  command: readonly string[],
  about: readonly string[],
  options: readonly string[] = [],
): string {
  const words = about.length === 0 ? ["true"] : [...command, ...about, ...options];
  return `${shellCommand(["fact", name, ...words])}\n`;
}

/**
 * The script that looks at one host, for `sudo bash -s`. It reads only; the checks (`unless`) of the plan's steps are run, which by
 * their contract change nothing.
 */
export function renderLookScript(manifest: readonly ManifestEntry[]): string {
  const located = entriesOf(manifest, "file", "directory", "link", "artifact", "absent");
  const hashed = entriesOf(manifest, "file", "artifact").map((entry) => entry.path);
  const sysctls = entriesOf(manifest, "sysctl").map(({ key }) => `/proc/sys/${key.replaceAll(".", "/")}`);
  const units = entriesOf(manifest, "unit").map(({ name }) => name);
  const questions = [
    shellCommand(["fact", "container", "systemd-detect-virt", "--container", "--quiet"]),
    shellCommand(["fact", "clock", "date", "+%s"]),
    shellCommand(["fact", "ipv6", "test", "-e", "/proc/sys/net/ipv6"]),
    // A host that is still booting is given the time; what starts then is no drift.
    shellCommand(["fact", "settled", "systemctl", "is-system-running", "--wait"]),
    shellCommand([
      "fact",
      "packages",
      "dpkg-query",
      "--show",
      "--showformat",
      "${db:Status-Status} ${Package}\\n",
    ]),
    shellCommand(["fact", "accounts", "getent", "passwd"]),
    shellCommand(["fact", "groups", "getent", "group"]),
    shellCommand(["fact", "sshd", "/usr/sbin/sshd", "-T"]),
    // A Match block shows only to whom it matches.
    shellCommand([
      "fact",
      "sshd-root",
      "/usr/sbin/sshd",
      "-T",
      "-C",
      "user=root,host=localhost,addr=127.0.0.1",
    ]),
    shellCommand([
      "fact",
      "sockets",
      "ss",
      "--no-header",
      "--listening",
      "--numeric",
      "--tcp",
      "--udp",
      "--processes",
    ]),
    shellCommand(["files_below", "guarded-folders", ...guardedFolders]),
  ];
  const described = ["-maxdepth", "0", "-printf", "%p\\0%y\\0%u\\0%g\\0%m\\0%l\\0"];
  return [
    lookFunctions,
    questions.map((line) => `${line}\n`).join(""),
    ask(
      "paths",
      ["find"],
      located.map((entry) => entry.path),
      described,
    ),
    hashed.length === 0 ? ask("checksums", [], []) : `${shellCommand(["checksums", ...hashed])}\n`,
    ask("sysctls", ["grep", "--no-messages", "--with-filename", "", "--"], sysctls),
    ask("units", ["systemctl", "show", ...unitProperties.map((name) => `--property=${name}`), "--"], units),
    // From the lists that the host has; nobody is asked for newer ones.
    ask("updates", ["apt-cache", "policy"], excludedPackages(manifest)),
    ...entriesOf(manifest, "step").map(
      (step, index) => `${shellCommand(["loud_fact", `step ${index}`, ...step.unless])}\n`,
    ),
    ...certificatePaths(manifest).map(
      (file, index) => `${shellCommand(["certificate_dates", `certificate ${index}`, file])}\n`,
    ),
    `printf '{"complete":true}\\n'\n`,
  ].join("");
}

/** The script that asks for the contents of files which differ; only for those that everybody may know. */
export function renderContentScript(files: readonly string[]): string {
  const questions = files.map(
    (file, index) => `${shellCommand(["fact", `content ${index}`, "head", "--bytes=65536", "--", file])}\n`,
  );
  return `${lookFunctions}${questions.join("")}printf '{"complete":true}\\n'\n`;
}
