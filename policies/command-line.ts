/**
 * Flags of which each value adds to those before it: comma-separated lists (StringSliceVar) and maps of feature gates in
 * k8s.io/apiserver/pkg/server/options and k8s.io/component-base/featuregate. Every other flag has its last value.
 */
const lists: Readonly<Record<string, ReadonlySet<string>>> = {
  "kube-apiserver": new Set([
    "authorization-mode",
    "disable-admission-plugins",
    "enable-admission-plugins",
    "etcd-servers",
    "feature-gates",
    "tls-cipher-suites",
  ]),
  "kube-controller-manager": new Set(["feature-gates", "tls-cipher-suites"]),
  "kube-scheduler": new Set(["feature-gates", "tls-cipher-suites"]),
  kubelet: new Set(["feature-gates", "tls-cipher-suites"]),
};

/** Flags of a program by name, without dashes and with `-` for `_` (k8s.io/component-base/cli/flag, WordSepNormalizeFunc). */
export function flagsOf(program: string, words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  words.forEach((current, index) => {
    const flag = /^--?([a-z][\w.-]*)(?:=([\s\S]*))?$/i.exec(current);
    if (flag === null) return;
    const name = (flag[1] ?? "").replaceAll("_", "-");
    const next = words[index + 1];
    // `--flag value` and `--flag` alone, which means true (pflag).
    const separate = next === undefined || next.startsWith("-") ? "true" : next;
    const value = flag[2] ?? separate;
    const before = lists[program]?.has(name) === true ? flags.get(name) : undefined;
    flags.set(name, [before ?? "", value].filter((part) => part !== "").join(","));
  });
  return flags;
}

/** What etcd takes from its environment (etcd.io/docs/v3.6/op-guide/configuration): `ETCD_AUTO_TLS` is `--auto-tls`. */
export function etcdVariables(assignments: readonly string[]): Map<string, string> {
  return new Map(
    assignments.flatMap((assignment) => {
      const [, name, value] = /^ETCD_(\w+)=([\s\S]*)$/.exec(assignment) ?? [];
      if (name === undefined || value === undefined) return [];
      return [[name.toLowerCase().replaceAll("_", "-"), value.replaceAll(/["']/g, "")] as const];
    }),
  );
}
