import { differences, tellDifferences } from "./field-difference";
import type { Finding } from "./finding";
import type { KubernetesObject, RecordedObject } from "./stack-state";

/** `NetworkPolicy app/default-deny`. */
export function objectName({ kind, metadata }: KubernetesObject): string {
  const { name, namespace } = metadata;
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Fields that the cluster itself keeps up to date. */
const ownFields = new Set(["apiVersion", "kind", "metadata", "status"]);

/** Annotations that the program named, and labels all: who adds a label may lift a namespace's pod security. */
function comparedMetadata(recorded: RecordedObject, object: KubernetesObject): Record<string, unknown> {
  const inputs = recorded.inputs["metadata"] as { annotations?: Record<string, unknown> } | undefined;
  const named = Object.keys(inputs?.annotations ?? {}).filter((key) => !key.startsWith("pulumi.com/"));
  const annotations = named.map((key) => [key, object.metadata.annotations?.[key]] as const);
  return { labels: object.metadata.labels ?? {}, annotations: Object.fromEntries(annotations) };
}

/** What counts of an object, as it was recorded or as it is. */
function compared(recorded: RecordedObject, object: KubernetesObject): Record<string, unknown> {
  const fields = Object.entries(object).filter(([field]) => !ownFields.has(field));
  return { ...Object.fromEntries(fields), metadata: comparedMetadata(recorded, object) };
}

/** Kinds whose content is never told. */
const secretKinds = new Set(["Secret"]);

const restored = { by: "up", way: "restore", urns: [] } as const;

/** The fields of one object that are not as they were recorded; undefined when all are. */
function compareObject(recorded: RecordedObject, live: KubernetesObject | undefined): Finding | undefined {
  const subject = objectName(recorded.object);
  if (live === undefined) {
    return { subject, wanted: "is there", found: "was deleted", diff: [], repair: restored };
  }
  const fields = differences(compared(recorded, recorded.object), compared(recorded, live));
  const told = tellDifferences(fields);
  if (told === undefined) return undefined;
  if (secretKinds.has(live.kind)) {
    return { subject, wanted: "as recorded", found: "another content", diff: [], repair: restored };
  }
  return { subject, ...told, repair: restored };
}

/** Objects of the program that are not, or no longer, as the last `up` left them. */
export function compareObjects(
  recorded: readonly RecordedObject[],
  live: readonly KubernetesObject[],
): Finding[] {
  const byName = new Map(live.map((object) => [objectName(object), object]));
  return recorded.flatMap((item) => compareObject(item, byName.get(objectName(item.object))) ?? []);
}

/** What is to be sent to the API server so that the objects are again as they were recorded. */
export interface Restoration {
  /** Objects that are gone, in the order in which they were made. */
  readonly create: readonly object[];
  /** Objects that were changed, each with the version that was looked at: a change since then is not overwritten. */
  readonly replace: readonly object[];
}

/** The object as it was recorded, without what the API server gives: an object of its own. */
function asRecorded({ object }: RecordedObject): Record<string, unknown> {
  const { name, namespace, labels, annotations } = object.metadata;
  const fields = Object.entries(object).filter(([field]) => field !== "status");
  return { ...Object.fromEntries(fields), metadata: { name, namespace, labels, annotations } };
}

/** How to restore what {@link compareObjects} found. */
export function restoration(
  recorded: readonly RecordedObject[],
  live: readonly KubernetesObject[],
): Restoration {
  const byName = new Map(live.map((object) => [objectName(object), object]));
  const create: object[] = [];
  const replace: object[] = [];
  for (const item of recorded) {
    const now = byName.get(objectName(item.object));
    if (compareObject(item, now) === undefined) continue;
    const object = asRecorded(item);
    if (now === undefined) {
      create.push(object);
      continue;
    }
    const { labels, annotations } = item.object.metadata;
    // What the cluster keeps in the metadata stays: owners, finalizers, and the version that guards against a race.
    const metadata = {
      ...now.metadata,
      labels,
      annotations: { ...now.metadata.annotations, ...annotations },
    };
    replace.push({ ...object, metadata });
  }
  return { create, replace };
}
