import { remoteCommand, readHostScript, type HostScript } from "./host-script";
import { memoize } from "./memo";
import { resourceRule, Undecided, type Finding, type Judged, type ResourceRule, type RuleInfo } from "./rule";
import { fields, readAllYaml, type Fields } from "./structured-files";

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

/** `kubernetes:rbac.authorization.k8s.io/v1:Role` and the like. */
const ofCluster = /^kubernetes:[^:]+\/v[^:/]+:([A-Za-z]+)$/;

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

const objectsOf = memoize((script: HostScript): readonly ClusterObject[] =>
  script.files
    .filter(({ path, content }) => /\.ya?ml$/.test(path) && /^kind: /m.test(content))
    .flatMap(({ path, content }) =>
      readAllYaml(path, content).map((item) => {
        const kind = item["kind"];
        return clusterObject(typeof kind === "string" ? kind : "", item, path);
      }),
    ),
);

/** A rule on objects of the cluster of some kinds, be they resources or written to a host. */
export function objectRule(
  kinds: readonly string[],
  info: RuleInfo,
  check: (object: ClusterObject) => readonly Finding[],
): ResourceRule {
  return resourceRule(undefined, info, (resource: Judged) => {
    const kind = kindOf(resource.type);
    if (kind !== undefined) {
      return kinds.includes(kind) ? check(clusterObject(kind, fields(resource.props))) : [];
    }
    if (resource.type !== remoteCommand) return [];
    // A script of secrets holds no objects; an unknown one can't be told from others, but by its URN.
    if (resource.urn.includes("redoubt:plan:SecretFiles$")) return [];
    return objectsInScript(resource.props["stdin"])
      .filter((object) => kinds.includes(object.kind))
      .flatMap((object) =>
        check(object).map((finding) => ({
          ...finding,
          where: `${object.file ?? ""}: ${object.kind} ${object.name}`,
        })),
      );
  });
}
