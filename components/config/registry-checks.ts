import { certificateProblems } from "./certificate-checks";
import { registryOf, type RegistrySettings } from "./image-settings";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

/** Every registry that has no entry of its own (containerd, docs/hosts.md). */
const everyOther = "_default";

/** Docker Hub under other names: images that bear one are asked for at docker.io, or by its entry (distribution/reference, normalize.go). */
const dockerHub = ["index.docker.io", "registry-1.docker.io"];

/** Images that come from archives are named by it. */
const archives = "redoubt.local";

/** Without a dot or a port it is the first part of a path on Docker Hub (distribution/reference, splitDockerDomain). */
function isNoHost(host: string): boolean {
  return host !== everyOther && host !== "localhost" && !/[.:]/.test(host);
}

function hasPort(host: string, wrong: (port: number) => boolean): boolean {
  const [, port] = /:(\d+)$/.exec(host) ?? [];
  return port !== undefined && wrong(Number(port));
}

type Say = (value: unknown, rule: string, fix: string) => Problem;

function hostProblems(host: string, say: Say): Problem[] {
  const problems: Problem[] = [];
  if (isNoHost(host)) {
    const rule = `is no host of a registry: an image ${host}/app is docker.io/${host}/app`;
    problems.push(say(host, rule, "give its whole name, or its port too"));
  }
  if (dockerHub.includes(host)) {
    problems.push(say(host, "is Docker Hub, whose images are named by docker.io", "write docker.io"));
  }
  if (host === archives) {
    const rule = "names the images of the stack itself, which come from archives and from no registry";
    problems.push(say(host, rule, "leave it out"));
  }
  if (hasPort(host, (port) => port > 65535)) {
    problems.push(say(host, "has no port that there is", "give one from 1 to 65535"));
  }
  return problems;
}

/** Hosts that pods' images may bear. */
function allowProblems({ images }: Settings): Problem[] {
  const setting = "images.allowedRegistries";
  const { allowedRegistries } = images;
  return [
    ...repeated(allowedRegistries).map((value) => ({
      setting,
      value,
      rule: "is there twice",
      fix: "name each registry once",
    })),
    ...allowedRegistries.flatMap((host, index) =>
      hostProblems(host, (value, rule, fix) => ({ setting: `${setting}[${index}]`, value, rule, fix })),
    ),
  ];
}

/** Whether an image of the registry may be asked for at the registry itself. */
function isAskedByItsName({ mirrors, fallback }: RegistrySettings): boolean {
  return mirrors.length === 0 || fallback;
}

function mirrorProblems({ host, mirrors }: RegistrySettings, at: string): Problem[] {
  const urls = mirrors.map(({ url }) => url);
  const twice = repeated(urls).map((value) => ({
    setting: `${at}.mirrors`,
    value,
    rule: "is there twice",
    fix: "name each mirror once",
  }));
  const each = mirrors.flatMap(({ url, overridePath }, index): Problem[] => {
    const setting = `${at}.mirrors[${index}].url`;
    const server = registryOf(url);
    const path = url.slice(`https://${server}`.length);
    const found: Problem[] = [];
    const say = (rule: string, fix: string): void => {
      found.push({ setting, value: url, rule, fix });
    };
    if (server === host || (host === "docker.io" && dockerHub.includes(server))) {
      say("is the registry itself", "leave it out; fallback: true asks the registry after its mirrors");
    }
    if (hasPort(server, (port) => port === 443)) {
      say("names the port that https has anyhow", "leave :443 out, here and in the entry of the host");
    }
    if (hasPort(server, (port) => port > 65535)) say("has no port that there is", "give one from 1 to 65535");
    if (!overridePath && /\/v2\/./.test(path)) {
      say(`would be asked for ${path}/v2: containerd adds it`, "set overridePath: true beside it");
    }
    if (overridePath && path === "") {
      say("has no path that overridePath could speak of", "leave overridePath out, or give the path");
    }
    return found;
  });
  return [...twice, ...each];
}

/** What an entry says of a server that nobody asks by it, or does not say at all. */
function useProblems(entry: RegistrySettings, at: string, mirrorHosts: ReadonlySet<string>): Problem[] {
  const { host, mirrors, fallback, certificateAuthority, username } = entry;
  const ownServer = Object.entries({ certificateAuthority, username }).filter(
    ([, value]) => value !== undefined,
  );
  if (mirrors.length === 0 && fallback) {
    const rule = "says what comes after mirrors, and there are none";
    return [{ setting: `${at}.fallback`, value: true, rule, fix: "name mirrors, or leave fallback out" }];
  }
  if (mirrors.length === 0 && (host === everyOther || ownServer.length === 0)) {
    const fix = host === everyOther ? "name mirrors" : "name mirrors, certificateAuthority or username";
    return [{ setting: `${at}.host`, value: host, rule: "is an entry that says nothing", fix }];
  }
  if (host === everyOther) {
    return ownServer.map(([name]) => ({
      setting: `${at}.${name}`,
      value: undefined,
      rule: `is of one server, and ${everyOther} is none`,
      fix: "move it to an entry of the mirror's host",
    }));
  }
  if (isAskedByItsName(entry) || mirrorHosts.has(host)) return [];
  return ownServer.map(([name]) => ({
    setting: `${at}.${name}`,
    value: undefined,
    rule: `is of ${host}, which nobody asks: its mirrors are asked alone`,
    fix: "move it to an entry of the mirror's host, or set fallback: true",
  }));
}

/** The file of authorities lies on every host, for everybody to read. */
function authorityProblems({ certificateAuthority: pem }: RegistrySettings, at: string): Problem[] {
  if (pem === undefined) return [];
  const setting = `${at}.certificateAuthority`;
  if (!pem.includes("PRIVATE KEY-----")) return certificateProblems(setting, pem);
  const fix = "give the certificates alone, and make a new key: this one stood in the settings in clear";
  return [{ setting, value: "PEM", rule: "holds a private key", fix }];
}

/** Names and passwords belong together; the passwords themselves are in no message. */
function loginProblems({ images, secrets }: Settings): Problem[] {
  const users = images.registries.filter(({ username }) => username !== undefined).map(({ host }) => host);
  const known = Object.keys(secrets.registryPasswords);
  return [
    ...users
      .filter((host) => !known.includes(host))
      .map((host) => ({
        setting: `secrets.registryPasswords.${host}`,
        value: undefined,
        rule: "is missing, and images.registries names a user",
        fix: `pulumi config set --secret --path 'redoubt:secrets.registryPasswords["${host}"]'`,
      })),
    ...known
      .filter((host) => !users.includes(host))
      .map((host) => ({
        setting: `secrets.registryPasswords.${host}`,
        value: undefined,
        rule: "is the password of no username in images.registries",
        fix: "remove it, or add the username to the entry of that host",
      })),
  ];
}

/** Relations within `images`, and to the secrets that it names. */
export function registryProblems(settings: Settings): Problem[] {
  const { registries } = settings.images;
  const mirrorHosts = new Set(registries.flatMap(({ mirrors }) => mirrors.map(({ url }) => registryOf(url))));
  return [
    ...repeated(registries.map(({ host }) => host)).map((value) => ({
      setting: "images.registries",
      value,
      rule: "is there twice",
      fix: "join the two entries",
    })),
    ...registries.flatMap((entry, index): Problem[] => {
      const at = `images.registries[${index}]`;
      const say: Say = (value, rule, fix) => ({ setting: `${at}.host`, value, rule, fix });
      return [
        ...hostProblems(entry.host, say),
        ...mirrorProblems(entry, at),
        ...useProblems(entry, at, mirrorHosts),
        ...authorityProblems(entry, at),
      ];
    }),
    ...loginProblems(settings),
    ...allowProblems(settings),
  ];
}
