import { remoteCommand, readHostScript, scriptRule, type HostScript } from "./host-script";
import { resourceRule, type Finding, type ResourceRule, type RuleInfo } from "./rule";
import { fields } from "./structured-files";

/** What sshd will do: keywords in small letters, each with its first value (sshd_config(5)). */
type SshdSettings = ReadonlyMap<string, string>;

const sshdFile = /^\/etc\/ssh\/sshd_config(\.d\/[^/]+\.conf)?$/;
const matchLine = /^\s*Match\b.*$/im;

/** Keywords and values of a part of a configuration file. */
function keywords(text: string): (readonly [string, string])[] {
  return [...text.matchAll(/^[ \t]*([A-Za-z]+)[ \t=]+(.*?)[ \t]*$/gm)].map(
    ([, keyword = "", value = ""]) => [keyword.toLowerCase(), value.replaceAll('"', "")] as const,
  );
}

/**
 * The configuration of sshd as far as the script writes it. Debian's own file includes the folder before it says anything, and
 * files of the folder are read in the order of their names; what stands behind a Match counts for some connections only.
 */
function sshdSettings(script: HostScript): SshdSettings {
  const inFolder = (path: string): boolean => path.includes(".d/");
  const files = script.files
    .filter(({ path }) => sshdFile.test(path))
    .sort((left, right) =>
      inFolder(left.path) === inFolder(right.path)
        ? left.path.localeCompare(right.path)
        : inFolder(left.path)
          ? -1
          : 1,
    );
  const settings = new Map<string, string>();
  for (const [keyword, value] of files.flatMap((file) => keywords(file.content.split(matchLine)[0] ?? ""))) {
    if (!settings.has(keyword)) settings.set(keyword, value);
  }
  return settings;
}

/** Values that Match blocks set for somebody. */
function matchValues(script: HostScript, name: string): string[] {
  return script.files
    .filter(({ path }) => sshdFile.test(path))
    .flatMap((file) => keywords(file.content.split(matchLine).slice(1).join("\n")))
    .filter(([keyword]) => keyword === name.toLowerCase())
    .map(([, value]) => value);
}

/** Scripts that configure sshd, or are the phase that must. */
function sshdRule(
  info: RuleInfo,
  judge: (settings: SshdSettings, script: HostScript) => Finding[],
): ResourceRule {
  return scriptRule("plan", { source: "sshd_config(5); dev-sec ssh baseline", ...info }, (script) => {
    const settings = sshdSettings(script);
    if (settings.size > 0) return judge(settings, script).map((item) => ({ where: "sshd", ...item }));
    return script.phase === "harden"
      ? [{ where: "sshd", what: "the hardening phase does not configure it" }]
      : [];
  });
}

/** Keyword, the value that it must have, and OpenSSH's default. */
function mustBe(settings: SshdSettings, keyword: string, wanted: string, byDefault: string): Finding[] {
  const value = settings.get(keyword.toLowerCase()) ?? byDefault;
  return value.toLowerCase() === wanted ? [] : [{ what: `${keyword} is ${value}` }];
}

function matchMustBe(script: HostScript, keyword: string, wanted: string): Finding[] {
  return matchValues(script, keyword)
    .filter((value) => value.toLowerCase() !== wanted)
    .map((value) => ({ what: `a Match block sets ${keyword} ${value}` }));
}

const rootLogin = sshdRule(
  {
    id: "hosts-root-login",
    rule: "root does not log in",
    why: "a log that says root names nobody, and one key opens everything",
    fix: "set PermitRootLogin no; log in as a person and use sudo",
  },
  (settings, script) => [
    ...mustBe(settings, "PermitRootLogin", "no", "prohibit-password"),
    ...matchMustBe(script, "PermitRootLogin", "no"),
  ],
);

const passwordLogin = sshdRule(
  {
    id: "hosts-password-login",
    rule: "nobody logs in with a password",
    why: "passwords are guessed, reused and phished",
    fix: "set PasswordAuthentication, KbdInteractiveAuthentication and PermitEmptyPasswords to no, and AuthenticationMethods to publickey",
  },
  (settings, script) => {
    const methods = (settings.get("authenticationmethods") ?? "publickey").split(/\s+/);
    const withoutKey = methods.filter(
      (method) => !method.split(",").some((item) => item.startsWith("publickey")),
    );
    return [
      ...mustBe(settings, "PasswordAuthentication", "no", "yes"),
      ...mustBe(settings, "KbdInteractiveAuthentication", "no", "yes"),
      ...mustBe(settings, "PermitEmptyPasswords", "no", "no"),
      ...withoutKey.map((method) => ({ what: `AuthenticationMethods lets ${method} be enough` })),
      ...["PasswordAuthentication", "KbdInteractiveAuthentication", "PermitEmptyPasswords"].flatMap(
        (keyword) => matchMustBe(script, keyword, "no"),
      ),
    ];
  },
);

/** SHA-1, MD5, CBC, RC4, 64-bit tags, small or fixed groups, DSA, and MACs over plain text. */
const weakAlgorithm =
  /sha1|md5|-cbc|arcfour|3des|blowfish|cast128|umac-64|group1-|group14-sha1|group-exchange-sha1|^ssh-rsa$|^ssh-dss|^ssh-rsa-cert|^none$/;
const lists = ["KexAlgorithms", "Ciphers", "MACs", "HostKeyAlgorithms", "PubkeyAcceptedAlgorithms"];

const algorithms = sshdRule(
  {
    id: "hosts-weak-ssh-algorithms",
    rule: "sshd offers modern algorithms only, each list given whole",
    why: "an attacker in between picks the weakest that both know (CVE-2023-48795 is one such)",
    fix: "list modern algorithms for KexAlgorithms, Ciphers, MACs, HostKeyAlgorithms and PubkeyAcceptedAlgorithms",
  },
  (settings) =>
    lists.flatMap((keyword) => {
      const value = settings.get(keyword.toLowerCase());
      if (value === undefined)
        return [{ what: `${keyword} is not set, so the default of the OpenSSH there counts` }];
      if (/^[+^-]/.test(value)) return [{ what: `${keyword} only changes a default (${value})` }];
      const weak = value.split(",").filter((name) => weakAlgorithm.test(name.trim().toLowerCase()));
      return weak.length === 0 ? [] : [{ what: `${keyword} names ${weak.join(", ")}` }];
    }),
);

/** Commands that dial a host. */
const dialing = [remoteCommand, "command:remote:CopyFile", "command:remote:CopyToRemote"];

const pinnedHostKey = resourceRule(
  dialing,
  {
    id: "hosts-unpinned-host-key",
    rule: "every connection knows the key of the host that it dials, of every host on the way too",
    why: "without it whoever answers gets the script, with every secret in it",
    source: "pulumi-command, connection.hostKey; RFC 4251, 4.1",
    fix: "set connection.hostKey (and connection.proxy.hostKey) to a key that is known before the first connection",
  },
  ({ props }) => {
    const connection = fields(props["connection"]);
    const missing = (value: unknown): boolean => typeof value !== "string" || value.trim() === "";
    const proxy = connection["proxy"];
    return [
      ...(missing(connection["hostKey"]) ? [{ what: "connection.hostKey is not set" }] : []),
      ...(proxy !== undefined && missing(fields(proxy)["hostKey"])
        ? [{ what: "connection.proxy.hostKey is not set" }]
        : []),
    ];
  },
);

/** Part of the URN of what adopts a host (`components/plan/first-login.ts`). */
const firstLogin = "redoubt:plan:FirstLogin$";

const connectionUser = resourceRule(
  dialing,
  {
    id: "hosts-root-connection",
    rule: "the stack logs in to hosts as a user of its own, with a key",
    why: "it would need what hosts-root-login and hosts-password-login close",
    source: "pulumi-command, connection",
    fix: "set connection.user and connection.privateKey, and use sudo in the command",
  },
  ({ urn, props }) => {
    // Of a host that somebody else made nobody but its own login opens the door; it is used once, and shuts it.
    if (urn.includes(firstLogin)) return [];
    const connection = fields(props["connection"]);
    // The provider's default user is root.
    const user = connection["user"] ?? "root";
    return [
      ...(user === "root" ? [{ what: "connection.user is root" }] : []),
      ...(connection["password"] === undefined ? [] : [{ what: "connection.password is set" }]),
    ];
  },
);

const readable = resourceRule(
  [remoteCommand],
  {
    id: "hosts-readable-script",
    rule: "the pack can read every script of a host plan",
    why: "what it can't read it can't judge, and every other rule would be silent",
    source: "components/plan/read-script.ts",
    fix: "teach the reader what the script says, or run the pack of the same version",
  },
  ({ props }) => {
    const stdin: unknown = props["stdin"];
    if (typeof stdin !== "string") return [];
    try {
      readHostScript(stdin);
      return [];
    } catch (error) {
      return [{ what: (error as Error).message }];
    }
  },
);

/** How people and the stack get into hosts. */
export const hostRules: readonly ResourceRule[] = [
  rootLogin,
  passwordLogin,
  algorithms,
  pinnedHostKey,
  connectionUser,
  readable,
];
