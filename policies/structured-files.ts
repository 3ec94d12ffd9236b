import { parseAllDocuments } from "yaml";
import type { HostScript } from "./host-script";
import { memoize } from "./memo";
import type { Program } from "./programs";
import { Undecided } from "./rule";

/** Any object of YAML or JSON, read field by field. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one for everything else. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The value as a list; an empty one for everything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((item): item is string => typeof item === "string");
}

interface Parsed {
  readonly objects: readonly Fields[];
  readonly error: string | undefined;
}

const parseYaml = memoize((content: string): Parsed => {
  const documents = parseAllDocuments(content);
  const [error] = documents.flatMap((document) => ("errors" in document ? document.errors : []));
  if (error !== undefined) return { objects: [], error: error.message.split("\n")[0] ?? "" };
  return { objects: documents.map((document) => fields(document.toJS() as unknown)), error: undefined };
});

/** All objects of a YAML text. @throws Undecided when it is no YAML. */
export function readAllYaml(path: string, content: string): readonly Fields[] {
  const { objects, error } = parseYaml(content);
  if (error !== undefined) throw new Undecided(`${path} is no YAML: ${error}`);
  return objects;
}

/** The first object of a YAML text. @throws Undecided when it is no YAML. */
export function readYaml(path: string, content: string): Fields {
  return readAllYaml(path, content)[0] ?? {};
}

/**
 * The file that a flag names, as an object.
 *
 * @returns undefined when the flag is not given.
 * @throws Undecided when the script does not write the file.
 */
export function flagFile(
  program: Program,
  flag: string,
  script: HostScript,
): { readonly path: string; readonly content: Fields } | undefined {
  const path = program.flags.get(flag);
  if (path === undefined) return undefined;
  const file = script.files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Undecided(`--${flag} names ${path}, which this script does not write`);
  return { path, content: readYaml(path, file.content) };
}

/** What an AuthenticationConfiguration (apiserver.config.k8s.io) says of requests without a name. */
export function structuredAuthentication(
  program: Program,
  script: HostScript,
): { readonly path: string; readonly anonymousEnabled: boolean | undefined } | undefined {
  const file = flagFile(program, "authentication-config", script);
  if (file === undefined) return undefined;
  const enabled = fields(file.content["anonymous"])["enabled"];
  return { path: file.path, anonymousEnabled: typeof enabled === "boolean" ? enabled : undefined };
}

/** Modes of authorization in their order: those of the flag, or of an AuthorizationConfiguration (apiserver.config.k8s.io). */
export function authorizationModes(
  program: Program,
  script: HostScript,
): { readonly where: string; readonly modes: readonly string[] } {
  const file = flagFile(program, "authorization-config", script);
  if (file !== undefined) {
    const types = list(file.content["authorizers"]).map((item) => String(fields(item)["type"]));
    return { where: file.path, modes: types };
  }
  // Left out means AlwaysAllow (kube-apiserver(8)).
  const modes = (program.flags.get("authorization-mode") ?? "AlwaysAllow").split(",");
  return { where: `${program.unit}: --authorization-mode`, modes };
}
