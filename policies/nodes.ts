import { modernTls, strongSuites } from "./api-server";
import { flagRule, absent, programRule, type Program } from "./programs";
import { goBoolean } from "./go-boolean";
import type { HostScript } from "./host-script";
import { isLoopback } from "./loopback";
import { shown, type Finding, type ResourceRule, type RuleInfo } from "./rule";
import { fields, flagFile, texts, type Fields } from "./structured-files";
import { findingsOfEach } from "./undecided";

const kubelet = "kubelet";
const reference = "KubeletConfiguration, kubelet.config.k8s.io/v1beta1";

/** One setting of the kubelet, wherever it is given. */
interface KubeletSetting {
  /** Names of the fields down to it. */
  readonly path: readonly string[];
  /** The flag that overrides the file. */
  readonly flag: string;
  /** True when a flag's text is a boolean of Go, which has more spellings than YAML's. */
  readonly boolean?: true;
  /** What is wrong with the value, which is undefined when nothing gives it. */
  readonly wrong: (value: unknown) => string | undefined;
}

function valueAt(content: Fields, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => fields(value)[name], content);
}

/** A flag beats the file (kubelet(8)); its text is read as YAML would be, but for booleans. */
function fromFlag(text: string, { boolean }: KubeletSetting): unknown {
  if (boolean === true) return goBoolean(text) ?? text;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function judge(program: Program, script: HostScript, setting: KubeletSetting): Finding[] {
  const flag = program.flags.get(setting.flag);
  const file = flag === undefined ? flagFile(program, "config", script) : undefined;
  const value = flag === undefined ? valueAt(file?.content ?? {}, setting.path) : fromFlag(flag, setting);
  const wrong = setting.wrong(value);
  if (wrong === undefined) return [];
  const where = file?.path ?? program.unit;
  return [{ where, what: `${flag === undefined ? setting.path.join(".") : `--${setting.flag}`} ${wrong}` }];
}

function kubeletRule(info: RuleInfo, ...settings: readonly KubeletSetting[]): ResourceRule {
  return programRule(kubelet, { source: reference, ...info }, (program, script) =>
    findingsOfEach(settings, (setting) => judge(program, script, setting)),
  );
}

const stated = (value: unknown): string => `is ${shown(value)}`;
const mustBe =
  (wanted: unknown) =>
  (value: unknown): string | undefined =>
    value === wanted ? undefined : stated(value);
const mayNotBe =
  (refused: unknown) =>
  (value: unknown): string | undefined =>
    value === refused ? stated(value) : undefined;
const mustBeGiven = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? undefined : stated(value);

const access: readonly ResourceRule[] = [
  kubeletRule(
    {
      id: "nodes-kubelet-anonymous-auth",
      cis: ["4.2.1"],
      rule: "kubelets refuse anonymous requests",
      why: "whoever reaches the port runs commands in every pod of the node",
      fix: "set authentication.anonymous.enabled: false",
    },
    {
      path: ["authentication", "anonymous", "enabled"],
      flag: "anonymous-auth",
      boolean: true,
      wrong: mustBe(false),
    },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-authorization",
      cis: ["4.2.2"],
      rule: "kubelets ask the API server who may do what",
      why: "with AlwaysAllow every certificate of the cluster runs commands in every pod",
      fix: "set authorization.mode: Webhook",
    },
    { path: ["authorization", "mode"], flag: "authorization-mode", wrong: mustBe("Webhook") },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-client-ca",
      cis: ["4.2.3"],
      rule: "kubelets know the authority of their clients",
      why: "without it nobody can show a certificate",
      fix: "set authentication.x509.clientCAFile",
    },
    { path: ["authentication", "x509", "clientCAFile"], flag: "client-ca-file", wrong: mustBeGiven },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-read-only-port",
      cis: ["4.2.4"],
      rule: "kubelets have no port without authentication",
      why: "it tells everybody about every pod of the node",
      fix: "set readOnlyPort: 0",
    },
    // Left out it is 0, by the file; the flag's own default is 10255.
    {
      path: ["readOnlyPort"],
      flag: "read-only-port",
      wrong: (value) => (value === 0 || value === undefined ? undefined : stated(value)),
    },
  ),
];

const encryption: readonly ResourceRule[] = [
  kubeletRule(
    {
      id: "nodes-kubelet-serving-certificate",
      cis: ["4.2.9"],
      rule: "kubelets have serving certificates of the cluster's authority",
      why: "else they make their own, which the API server can't verify",
      fix: "set tlsCertFile and tlsPrivateKeyFile",
    },
    { path: ["tlsCertFile"], flag: "tls-cert-file", wrong: mustBeGiven },
    { path: ["tlsPrivateKeyFile"], flag: "tls-private-key-file", wrong: mustBeGiven },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-rotate-certificates",
      cis: ["4.2.10"],
      rule: "kubelets renew their client certificates",
      why: "a node whose certificate ends is lost, so certificates are made to live long",
      fix: "set rotateCertificates: true",
    },
    { path: ["rotateCertificates"], flag: "rotate-certificates", boolean: true, wrong: mayNotBe(false) },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-tls-ciphers",
      cis: ["4.2.12"],
      rule: "kubelets use suites with authenticated encryption and forward secrecy only",
      why: "recorded traffic can be read later, or altered, with older ones",
      fix: "set tlsMinVersion: VersionTLS12 and tlsCipherSuites to ECDHE suites with GCM or ChaCha20",
    },
    {
      path: ["tlsCipherSuites"],
      flag: "tls-cipher-suites",
      wrong: (value) => {
        const suites = typeof value === "string" ? value.split(",") : texts(value);
        const weak = suites.filter((suite) => !strongSuites.has(suite));
        if (suites.length === 0) return "is not set";
        return weak.length === 0 ? undefined : `names ${weak.join(", ")}`;
      },
    },
    {
      path: ["tlsMinVersion"],
      flag: "tls-min-version",
      wrong: (value) => modernTls(typeof value === "string" ? value : undefined),
    },
  ),
];

/** Whether a duration of Go, as `0h0m0s`, is none. */
const isZero = (duration: string): boolean => /^[+-]?(?:0+(?:\.0*)?(?:[a-zµ]+|$))+$/.test(duration);

const containment: readonly ResourceRule[] = [
  kubeletRule(
    {
      id: "nodes-kubelet-streaming-timeout",
      cis: ["4.2.5"],
      rule: "idle `exec` and `logs` sessions end",
      why: "forgotten sessions stay open for whoever finds them, and hold connections",
      fix: "set streamingConnectionIdleTimeout to more than 0",
    },
    {
      path: ["streamingConnectionIdleTimeout"],
      flag: "streaming-connection-idle-timeout",
      wrong: (value) => (value !== undefined && isZero(shown(value)) ? stated(value) : undefined),
    },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-iptables",
      cis: ["4.2.6"],
      rule: "kubelets keep their chains of iptables",
      why: "other components rely on them to mark and drop packets",
      fix: "leave makeIPTablesUtilChains out, or set it to true",
    },
    {
      path: ["makeIPTablesUtilChains"],
      flag: "make-iptables-util-chains",
      boolean: true,
      wrong: mayNotBe(false),
    },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-pod-pids",
      cis: ["4.2.13"],
      rule: "a pod has a limit of processes",
      why: "one pod could take the whole node's",
      fix: "set podPidsLimit",
    },
    {
      path: ["podPidsLimit"],
      flag: "pod-max-pids",
      wrong: (value) => (typeof value === "number" && value > 0 ? undefined : stated(value)),
    },
  ),
  kubeletRule(
    {
      id: "nodes-kubelet-seccomp",
      cis: ["4.2.14"],
      rule: "pods run with the runtime's seccomp profile",
      why: "without it they may make every system call of the kernel that they share",
      fix: "set seccompDefault: true",
    },
    { path: ["seccompDefault"], flag: "seccomp-default", boolean: true, wrong: mustBe(true) },
  ),
  flagRule(
    kubelet,
    {
      id: "nodes-kubelet-hostname-override",
      cis: ["4.2.7"],
      rule: "a node is named as its host",
      why: "certificates and logs would speak of another machine",
      fix: "leave --hostname-override out and name the host as the node",
    },
    { "hostname-override": absent },
  ),
];

/** An address as `[::1]:10249`, `127.0.0.1:10249` or `::1`, without its port. */
const withoutPort = (address: string): string => address.replace(/(?<=^[^:]+|\]):\d+$/, "");

const kubeProxy = programRule(
  "kube-proxy",
  {
    id: "nodes-kube-proxy-metrics",
    cis: ["4.3.1"],
    rule: "kube-proxy shows metrics on loopback only",
    why: "they tell which services there are",
    source: "KubeProxyConfiguration, kubeproxy.config.k8s.io/v1alpha1",
    fix: "set metricsBindAddress: 127.0.0.1:10249",
  },
  (program, script) => {
    const flag = program.flags.get("metrics-bind-address");
    const file = flagFile(program, "config", script);
    // kube-proxy ignores flags that a file may give (kube-proxy(8), --config).
    const value = file === undefined ? flag : file.content["metricsBindAddress"];
    const onLoopback = value === "" || (typeof value === "string" && isLoopback(withoutPort(value)));
    return value === undefined || onLoopback
      ? []
      : [{ where: file?.path ?? program.unit, what: `metricsBindAddress ${stated(value)}` }];
  },
);

/** Configuration of kubelets and kube-proxy. */
export const nodeRules: readonly ResourceRule[] = [...access, ...encryption, ...containment, kubeProxy];
