import { scriptRule, type HostFile, type HostScript } from "./host-script";
import { rootOnly } from "./files";
import type { Finding, ResourceRule, RuleInfo } from "./rule";

/** The runtime's own configuration, whatever boots make of it, and what it reads of each registry. */
function isRuntimeFile({ path }: HostFile): boolean {
  return /^\/etc\/containerd\/.*\.toml(\.in)?$/.test(path);
}

/** A text of TOML without its comments; a # within a string begins none. */
function withoutComments(text: string): string {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'[^'\n]*')|#.*$/gm,
    (_, string: string | undefined) => string ?? "",
  );
}

/** Says what of a text is not to be there; the name of each pattern is how a finding begins. */
function runtimeRule(info: RuleInfo, patterns: Readonly<Record<string, RegExp>>): ResourceRule {
  return scriptRule("plan", info, ({ files }: HostScript) =>
    files.filter(isRuntimeFile).flatMap((file): Finding[] => {
      const text = withoutComments(file.content);
      return Object.entries(patterns)
        .filter(([, pattern]) => pattern.test(text))
        .map(([what]) => ({ where: file.path, what }));
    }),
  );
}

const source = "containerd, docs/hosts.md and docs/cri/registry.md";

/** How hosts reach the registries that images come from. */
export const registryRules: readonly ResourceRule[] = [
  runtimeRule(
    {
      id: "nodes-registry-tls",
      rule: "hosts ask registries over TLS, and look at their certificates",
      why: "whoever is in between gives every pod another image, and is given the login",
      source,
      fix: "name registries and mirrors by https, and their authority in images.registries[].certificateAuthority",
    },
    {
      "it names a server by http": /(?<!\bproxy["']?\s*=\s*)["']http:\/\//i,
      "it has certificates not looked at": /\b(?:insecure_)?skip_verify["']?\s*=\s*true\b/,
    },
  ),
  runtimeRule(
    {
      id: "nodes-registry-login",
      rule: "no login of a registry stands in the plan of a host",
      why: "previews, the state and every user of the host show it",
      source,
      fix: "set the password with pulumi config set --secret --path redoubt:secrets.registryPasswords",
    },
    {
      "it holds the login of a registry":
        /(?<![\w-])["']?(?:password|auth|identitytoken|authorization)["']?\s*=\s*\[?\s*(?:"[^"]|'[^'])/i,
    },
  ),
  scriptRule(
    "secrets",
    {
      id: "files-registry-login",
      rule: "logins of registries are root's alone on a host",
      why: "who reads one pulls what the hosts may, and pushes where the account may",
      source,
      fix: "give the file owner root:root and mode 0600",
    },
    ({ files }) => files.filter(isRuntimeFile).flatMap((file) => rootOnly(file, 0o600)),
  ),
];
