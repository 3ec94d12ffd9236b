import path from "node:path";
import { scriptRule, type HostFile, type HostScript } from "./host-script";
import { programs } from "./programs";
import type { Finding, ResourceRule, RuleInfo } from "./rule";

/** Bits of a mode beyond the wanted ones. */
function looser(mode: string, wanted: number): boolean {
  return (Number.parseInt(mode, 8) & ~wanted & 0o7777) !== 0;
}

/** That a file is of root, with no more bits than the wanted ones. */
export function rootOnly(file: HostFile, wanted: number): Finding[] {
  if (file.owner === "root" && file.group === "root" && !looser(file.mode, wanted)) return [];
  return [{ where: file.path, what: `it is of ${file.owner}:${file.group} with mode ${file.mode}` }];
}

function unitFileRule(program: string, id: string, cis: readonly string[]): ResourceRule {
  return scriptRule(
    "plan",
    {
      id,
      cis,
      rule: `the file that starts ${program} is root's, with mode 0600 or less`,
      why: "who may write it is root on the host, and who may read it knows every path",
      source: "for systemd units in place of static pod manifests",
      fix: "give the unit mode 0600 and owner root:root",
    },
    (script) =>
      programs(script, program)
        .map(({ unit }) => script.files.find((file) => path.basename(file.path) === unit))
        .flatMap((file) => (file === undefined ? [] : rootOnly(file, 0o600))),
  );
}

const units: readonly ResourceRule[] = [
  unitFileRule("kube-apiserver", "files-api-server-unit", ["1.1.1", "1.1.2"]),
  unitFileRule("kube-controller-manager", "files-controller-manager-unit", ["1.1.3", "1.1.4"]),
  unitFileRule("kube-scheduler", "files-scheduler-unit", ["1.1.5", "1.1.6"]),
  unitFileRule("etcd", "files-etcd-unit", ["1.1.7", "1.1.8"]),
  unitFileRule("kubelet", "files-kubelet-unit", ["4.1.1", "4.1.2"]),
];

function fileRule(
  kind: HostScript["kind"],
  info: RuleInfo,
  applies: (file: HostFile) => boolean,
  judge: (file: HostFile) => Finding[],
): ResourceRule {
  return scriptRule(kind, info, (script) => script.files.filter(applies).flatMap(judge));
}

/** Users that may read what lies in a folder: root, and the one whom the folder is named after. */
function ofReader(file: HostFile, wanted: number): Finding[] {
  const reader = path.basename(path.dirname(file.path));
  const owned = file.owner === "root" || file.owner === reader || file.path.startsWith(`/etc/${file.owner}/`);
  if (owned && !looser(file.mode, wanted)) return [];
  return [{ where: file.path, what: `it is of ${file.owner}:${file.group} with mode ${file.mode}` }];
}

/** As kubeadm names them. */
const rootKubeconfig =
  /^\/etc\/kubernetes\/((super-)?admin|(bootstrap-)?kubelet|controller-manager|scheduler)\.conf$/;

const secrets: readonly ResourceRule[] = [
  fileRule(
    "secrets",
    {
      id: "files-kubeconfig",
      cis: ["1.1.13", "1.1.15", "1.1.17", "4.1.3", "4.1.5"],
      rule: "a kubeconfig is readable by the one who uses it only: root, or the user of its folder",
      why: "it holds a key; who reads it is that user to the cluster",
      fix: "give it mode 0600, and as owner root or the user that its program runs as",
    },
    (file) => file.content.includes("kind: Config\n"),
    (file) => ofReader(file, 0o600),
  ),
  fileRule(
    "secrets",
    {
      id: "files-root-kubeconfig",
      cis: ["1.1.14", "1.1.16", "1.1.18", "4.1.6"],
      rule: "kubeconfigs of administrators, controller managers, schedulers and kubelets are root's",
      why: "whose file it is may change it and let others read it, and each of them is mighty in the cluster",
      fix: "give it owner root:root and mode 0600; a unit that is not root's gets it by LoadCredential= (systemd.exec(5))",
    },
    ({ path: file }) => rootKubeconfig.test(file),
    (file) => rootOnly(file, 0o600),
  ),
  fileRule(
    "secrets",
    {
      id: "files-pki-owner",
      cis: ["1.1.19"],
      rule: "everything below /etc/kubernetes/pki is root's",
      why: "who changes a certificate there decides whom the cluster trusts",
      fix: "give it owner root:root, or let it lie in the folder of its reader",
    },
    ({ path: file }) => file.startsWith("/etc/kubernetes/pki/"),
    (file) =>
      file.owner === "root" && file.group === "root"
        ? []
        : [{ where: file.path, what: `it is of ${file.owner}:${file.group}` }],
  ),
  fileRule(
    "secrets",
    {
      id: "files-certificate-mode",
      cis: ["1.1.20", "4.1.7"],
      rule: "certificates have mode 0644 or less",
      why: "who changes one decides whom the cluster trusts",
      fix: "give it mode 0644",
    },
    ({ path: file }) => file.endsWith(".crt"),
    (file) => (looser(file.mode, 0o644) ? [{ where: file.path, what: `its mode is ${file.mode}` }] : []),
  ),
  fileRule(
    "secrets",
    {
      id: "files-private-key",
      cis: ["1.1.21"],
      rule: "private keys have mode 0600 or less",
      why: "who reads a key is its owner to everybody else",
      fix: "give it mode 0600 and the owner that its program runs as",
    },
    (file) => /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(file.content) || file.path.endsWith(".key"),
    (file) => (looser(file.mode, 0o600) ? [{ where: file.path, what: `its mode is ${file.mode}` }] : []),
  ),
];

const configuration: readonly ResourceRule[] = [
  fileRule(
    "plan",
    {
      id: "files-kubelet-configuration",
      cis: ["4.1.9", "4.1.10"],
      rule: "the kubelet's configuration is root's, with mode 0600 or less",
      why: "who may write it turns authentication off",
      fix: "give it owner root:root and mode 0600",
    },
    (file) => file.content.includes("kind: KubeletConfiguration\n"),
    (file) => rootOnly(file, 0o600),
  ),
  fileRule(
    "plan",
    {
      id: "files-cni-configuration",
      cis: ["1.1.9", "1.1.10"],
      rule: "the configuration of the pod network is root's, with mode 0600 or less",
      why: "it names programs that root runs",
      fix: "give it owner root:root and mode 0600",
    },
    ({ path: file }) => file.startsWith("/etc/cni/net.d/"),
    (file) => rootOnly(file, 0o600),
  ),
];

/** Who owns what on hosts. */
export const fileRules: readonly ResourceRule[] = [...units, ...secrets, ...configuration];
