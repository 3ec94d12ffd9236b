import { remoteCommand, readHostScript, type HostScript } from "./host-script";
import { memoize } from "./memo";
import { resourceRule, Undecided, type Finding, type Judged, type ResourceRule, type RuleInfo } from "./rule";
import { fields, readAllYaml, type Fields } from "./structured-files";
import { findingsOfEach } from "./undecided";

/** An object of the cluster, wherever it is declared. */
export interface ClusterObject {
  readonly kind: string;
  /** Its name, or a generated one's prefix. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly content: Fields;
  /** The file on a host that holds it; undefined when it is a resource of its own. */
  readonly file?: string;
}

/** `kubernetes:rbac.authorization.k8s.io/v1:Role` and the like; a `RolePatch` changes a Role that somebody else made. */
const ofCluster = /^kubernetes:[^:]+\/v[^:/]+:([A-Za-z]+?)(?:Patch)?$/;

/** The kind of object that a resource type makes; undefined for everything else. */
export function kindOf(type: string): string | undefined {
  return ofCluster.exec(type)?.[1];
}

/** An object as the fields say. */
export function clusterObject(kind: string, content: Fields, file?: string): ClusterObject {
  const metadata = fields(content["metadata"]);
  const name = metadata["name"] ?? metadata["generateName"];
  const namespace = metadata["namespace"];
  return {
    kind,
    name: typeof name === "string" ? name : "",
    namespace: typeof namespace === "string" ? namespace : undefined,
    content,
    ...(file === undefined ? {} : { file }),
  };
}

/** The objects that the fields hold: those of a list, as `List` and `RoleList`, or the one that they are. */
function unfolded(kind: string, content: Fields, file?: string): readonly ClusterObject[] {
  const items = content["items"];
  if (!kind.endsWith("List") || !Array.isArray(items)) return [clusterObject(kind, content, file)];
  return items.map(fields).flatMap((item) => {
    const own = item["kind"];
    // Items of a typed list may leave their kind to it.
    return unfolded(typeof own === "string" ? own : kind.slice(0, -"List".length), item, file);
  });
}

const manifest = /\.(?:ya?ml|json)$/;

const objectsOf = memoize((script: HostScript): readonly ClusterObject[] =>
  script.files
    .filter(({ path, content }) => manifest.test(path) && /\bkind["']?\s*:/.test(content))
    .flatMap(({ path, content }) =>
      readAllYaml(path, content).flatMap((item) => {
        const kind = item["kind"];
        return unfolded(typeof kind === "string" ? kind : "", item, path);
      }),
    ),
);

/** Objects in the files that a host plan writes, as the first bindings are. */
function objectsInScript(stdin: unknown): readonly ClusterObject[] {
  if (typeof stdin !== "string") return [];
  let script;
  try {
    script = readHostScript(stdin);
  } catch (error) {
    throw new Undecided((error as Error).message);
  }
  return script === undefined ? [] : objectsOf(script);
}

/** Objects that a resource is or, as a host's plan, holds. */
export function objectsOfResource({
  type,
  urn,
  props,
}: Pick<Judged, "type" | "urn" | "props">): readonly ClusterObject[] {
  const kind = kindOf(type);
  if (kind !== undefined) return unfolded(kind, fields(props));
  // A script of secrets holds no objects; an unknown one can't be told from others, but by its URN.
  if (type !== remoteCommand || urn.includes("redoubt:plan:SecretFiles$")) return [];
  return objectsInScript(props["stdin"]);
}

/** An object as waivers name it: `clusterrole/team`. */
export function subjectOf({ kind, name }: ClusterObject): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** A rule on objects of the cluster of some kinds, be they resources or written to a host. */
export function objectRule(
  kinds: readonly string[],
  info: RuleInfo,
  check: (object: ClusterObject) => readonly Finding[],
): ResourceRule {
  return resourceRule(undefined, info, (resource: Judged) => {
    const kind = kindOf(resource.type);
    // What is of another kind need not be known.
    if (kind !== undefined && !kind.endsWith("List") && !kinds.includes(kind)) return [];
    const objects = objectsOfResource(resource).filter((object) => kinds.includes(object.kind));
    return findingsOfEach(objects, (object) =>
      check(object).map((finding) => ({ subject: subjectOf(object), ...finding, ...placeOf(object) })),
    );
  });
}

/** A file of a host holds many objects. */
function placeOf({ file, kind, name }: ClusterObject): Pick<Finding, "where"> {
  return file === undefined ? {} : { where: `${file}: ${kind} ${name}` };
}
