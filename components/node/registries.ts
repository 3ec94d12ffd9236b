import type { PlanFragment, SecretFileSpec } from "../plan/plan";

/** Who is asked in place of a registry. */
export interface Mirror {
  /** `https://…`, without a slash at its end. */
  readonly url: string;
  /** Whether its path is the root of the API as it stands. */
  readonly overridePath: boolean;
}

/** A registry as images name it, and as a server that is asked. */
export interface Registry {
  /** Host, with its port where it has one; `_default` for every registry that is not named. */
  readonly host: string;
  /** In the order in which they are asked; none: the registry itself is. */
  readonly mirrors: readonly Mirror[];
  /** Whether the registry itself is asked after its mirrors. */
  readonly fallback: boolean;
  /** PEM of authorities that its certificate may be of, beside those of the host. */
  readonly certificateAuthority?: string | undefined;
  /** Whom hosts log in as; its password comes apart. */
  readonly username?: string | undefined;
}

/** Where containerd looks for a folder of each registry, anew for every pull (containerd, docs/hosts.md). */
export const registryFolder = "/etc/containerd/certs.d";

/** Logins of registries, as a part of containerd's configuration, which {@link registryFolder} has no place for. */
export const registryLogins = "/etc/containerd/registry-logins.toml";

/** A server as `hosts.toml` says how it is asked. */
interface Server {
  readonly url: string;
  readonly overridePath: boolean;
  /** Path of the file of its own authorities. */
  readonly ca: string | undefined;
}

/** A basic string of TOML (toml.io, v1.0.0); the escapes of JSON are among its own. */
function text(value: string): string {
  return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
}

/** The host of a mirror, with its port, as containerd compares it. */
function hostOf(url: string): string {
  return url.split("/")[2] ?? "";
}

/** Docker Hub answers by another name than images have (containerd, remotes/docker/registry.go, DefaultHost). */
function serverOf(host: string): string {
  return host === "docker.io" ? "registry-1.docker.io" : host;
}

/** Of the names that a folder may have the one that containerd looks for first (docs/hosts.md, "Port Handling in Registry Host"). */
function folderOf(host: string): string {
  return `${registryFolder}/${host.replace(/:(\d+)$/, "_$1_")}`;
}

function authorityFile(host: string): string {
  return `${folderOf(host)}/ca.crt`;
}

function fieldsOf({ overridePath, ca }: Server, indent: string): string {
  const lines = [
    'capabilities = ["pull", "resolve"]',
    ...(ca === undefined ? [] : [`ca = ${text(ca)}`]),
    ...(overridePath ? ["override_path = true"] : []),
  ];
  return lines.map((line) => `${indent}${line}\n`).join("");
}

/**
 * The `hosts.toml` of a registry. What stands before the tables is the server that is asked last: containerd asks the registry itself
 * where nobody is named, so that mirrors are alone only when the last of them is named there. The tables must not be missing: without
 * one containerd 1.6 and 1.7 pass the whole file over (remotes/docker/config/hosts.go, getSortedHosts).
 */
function renderHosts(registry: Registry, authorities: ReadonlyMap<string, string>): string {
  const { host, mirrors, fallback } = registry;
  const own: Server = {
    url: `https://${serverOf(host)}`,
    overridePath: false,
    ca: authorities.get(serverOf(host)),
  };
  const asked = mirrors.map(({ url, overridePath }): Server => {
    return { url, overridePath, ca: authorities.get(hostOf(url)) };
  });
  const first = asked.length === 0 ? [own] : asked;
  const last = fallback ? own : (first.at(-1) ?? own);
  // Each registry that has no entry is its own server, which no name here could be.
  const isItself = fallback && host === "_default";
  const fields = isItself ? "" : `server = ${text(last.url)}\n${fieldsOf(last, "")}`;
  const tables = first.map((server) => `\n[host.${text(server.url)}]\n${fieldsOf(server, "  ")}`);
  const whose = host === "_default" ? "every other registry" : host;
  return `# Where images of ${whose} come from, first to last; a server above the tables is the last one.\n${fields}${tables.join("")}`;
}

/** Everything below {@link registryFolder}; authorities before those who name them. */
function filesOf(registries: readonly Registry[]): { readonly path: string; readonly content: string }[] {
  const known = registries.filter(({ certificateAuthority }) => certificateAuthority !== undefined);
  const authorities = new Map(known.map(({ host }) => [serverOf(host), authorityFile(host)]));
  return [
    ...known.map(({ host, certificateAuthority = "" }) => ({
      path: authorityFile(host),
      content: `${certificateAuthority.trimEnd()}\n`,
    })),
    ...registries.map((registry) => ({
      path: `${folderOf(registry.host)}/hosts.toml`,
      content: renderHosts(registry, authorities),
    })),
  ];
}

/**
 * Images that come from archives bear this name, and every pod may name it: what is not on a host must not be asked of a mirror that
 * stands for every registry, and under this name there is no other.
 */
const archives: Registry = { host: "redoubt.local", mirrors: [], fallback: false };

/** Whether hosts log in anywhere. */
export function hasLogins(registries: readonly Registry[]): boolean {
  return registries.some(({ username }) => username !== undefined);
}

/**
 * Where the runtime finds images: a folder of each registry that is named, and no other, because containerd goes by whatever lies there.
 * No unit restarts for it. Logins are secret and come apart; of those that nobody has any more no file is left behind.
 */
export function registryFragment(registries: readonly Registry[]): PlanFragment {
  const absent = hasLogins(registries) ? [] : [registryLogins];
  if (registries.length === 0) return { absent };
  const standsForAll = registries.some(({ host }) => host === "_default");
  const named = standsForAll ? [...registries, archives] : registries;
  const folders = named.map(({ host }) => folderOf(host));
  const files = filesOf(named);
  const known = [...folders, ...files.map(({ path }) => path)];
  const strangers = [registryFolder, "-mindepth", "1", ...known.flatMap((path) => ["!", "-path", path])];
  return {
    absent,
    directories: [registryFolder, ...folders].map((path) => ({ path })),
    files: files.map((file) => ({ ...file, mode: "0644" })),
    steps: [
      {
        description: "no registry configured but those of the settings",
        unless: [
          "bash",
          "-c",
          'found=$(find "$@") && [ -z "$found" ] && exit; echo "$found"; exit 1',
          "find",
          ...strangers,
        ],
        command: ["find", ...strangers, "-delete"],
      },
    ],
  };
}

/**
 * The logins of registries as they come to a host; none without users. containerd reads them when it starts, so a change restarts it;
 * containers keep running. `registry.configs.NAME.auth` is deprecated without anything in its place (containerd, docs/cri/registry.md):
 * it alone is sent to its server only, and to the server of tokens that this one names.
 *
 * @param passwords By host.
 * @throws Error when a user has no password.
 */
export function registryLoginFiles(
  registries: readonly Registry[],
  passwords: Readonly<Record<string, string>>,
): SecretFileSpec[] {
  if (!hasLogins(registries)) return [];
  const logins = registries.flatMap(({ host, username }) => {
    if (username === undefined) return [];
    const password = passwords[host];
    if (password === undefined) throw new Error(`user ${username} of registry ${host} has no password`);
    const table = `plugins."io.containerd.grpc.v1.cri".registry.configs.${text(serverOf(host))}.auth`;
    return [`\n[${table}]\n  username = ${text(username)}\n  password = ${text(password)}\n`];
  });
  return [
    {
      path: registryLogins,
      owner: "root",
      group: "root",
      mode: "0600",
      content: `# A part of containerd's configuration, which it is joined to when the host boots.\n${logins.join("")}`,
      restart: ["redoubt-prepare-node.service", "containerd.service"],
    },
  ];
}
