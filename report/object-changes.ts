import type { Change, FieldChange } from "./change";
import { fieldChanges } from "./fields";
import type { Impact } from "./impact";
import type { Operation, Properties, Step } from "./preview";
import { unifiedDiff } from "./unified";
import { parseUrn } from "./urn";

/** Kinds whose deletion takes data with it that nothing makes again. */
const holdsData = new Set([
  ...["Namespace", "PersistentVolumeClaim", "PersistentVolume", "StatefulSet", "Secret"],
  "CustomResourceDefinition",
]);
/** Kinds that run pods from a template. */
const runsPods = new Set(["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob", "Pod"]);
/** Kinds that say who may do what: what runs with them may lose a right, and gets it or not with the next request. */
const givesRights = new Set(["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]);
/** Kinds that the API server asks at each request. */
const decidesRequests = new Set([
  ...givesRights,
  ...["ServiceAccount", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
]);

/** What a kind means while it stays there: taken up by what runs. */
const takenUp: Readonly<Record<string, string>> = {
  NetworkPolicy:
    "the policy engine of every node takes it up within seconds: connections may be let through or refused",
  Service: "kube-proxy takes it up on every node",
  ConfigMap: "pods that read it see the new content within about a minute",
  Namespace: "labels of a namespace count for pods that are made from now on",
  PodDisruptionBudget: "the next eviction is judged by it",
};

interface ObjectChange {
  readonly kind: string;
  readonly operation: Operation;
  readonly fields: readonly FieldChange[];
}

function goneImpact({ kind, operation }: ObjectChange): Impact {
  if (holdsData.has(kind)) return { class: "data-loss", reason: `a ${kind} takes what it holds with it` };
  if (runsPods.has(kind)) {
    return {
      class: "drain",
      reason: operation === "delete" ? "its pods are stopped" : "its pods are stopped and made again",
    };
  }
  if (kind === "NetworkPolicy") return { class: "reload", reason: takenUp["NetworkPolicy"] ?? "" };
  if (kind === "ServiceAccount") {
    return {
      class: "drain",
      reason: "tokens of pods that run with it are refused until they are made again",
    };
  }
  if (givesRights.has(kind)) {
    return { class: "reload", reason: "who had rights by it may be refused from the next request on" };
  }
  if (decidesRequests.has(kind)) return { class: "none", reason: "the next request is judged without it" };
  return { class: "reload", reason: "who uses it notices" };
}

/** Whether fewer pods are asked for than before. */
function isScaledDown(fields: readonly FieldChange[]): boolean {
  const replicas = fields.find(({ path }) => path === "spec.replicas");
  // A workload that does not say how many wants one.
  return replicas !== undefined && Number(replicas.after ?? 1) < Number(replicas.before ?? 1);
}

/** What an update does to the pods of a kind that runs some; undefined when they don't notice. */
function podsImpact({ kind, fields }: ObjectChange): Impact | undefined {
  if (!runsPods.has(kind)) return undefined;
  if (fields.some(({ path }) => path.startsWith("spec.template"))) {
    return { class: "drain", reason: "its pods are made again, as its update strategy says" };
  }
  if (isScaledDown(fields))
    return { class: "drain", reason: "pods are stopped until no more are left than asked for" };
  if (kind === "Pod" && fields.some(({ path }) => path.startsWith("spec.containers"))) {
    return { class: "drain", reason: "its containers are stopped and started again" };
  }
  return undefined;
}

function objectImpact(change: ObjectChange): Impact {
  const { kind, operation } = change;
  if (operation === "delete" || operation === "replace") return goneImpact(change);
  if (kind === "NetworkPolicy") return { class: "reload", reason: takenUp["NetworkPolicy"] ?? "" };
  if (operation === "create") return { class: "none", reason: "it is new" };
  if (givesRights.has(kind)) {
    return {
      class: "reload",
      reason: "who has rights by it may lose some with the next request; nothing restarts",
    };
  }
  if (decidesRequests.has(kind))
    return { class: "none", reason: "the next request is judged by it; nothing restarts" };
  return podsImpact(change) ?? { class: "reload", reason: takenUp[kind] ?? "its controller takes it up" };
}

function metadataOf(inputs: Properties | undefined): { name?: string; namespace?: string } {
  const metadata = inputs?.["metadata"];
  return typeof metadata === "object" && metadata !== null ? metadata : {};
}

/** Values of several lines read better as a diff. */
function splitFields(fields: readonly FieldChange[]): { fields: FieldChange[]; diff: string } {
  const isText = ({ before, after }: FieldChange): boolean =>
    [before, after].some((value) => value !== undefined && /[\r\n]/.test(value));
  const diffs = fields
    .filter(isText)
    .map(({ path, before, after }) => `# ${path}\n${unifiedDiff(before, after)}`)
    .join("\n");
  return { fields: fields.filter((field) => !isText(field)), diff: diffs };
}

/** Whether the step is about an object of the cluster. */
export function isObjectStep(step: Step): boolean {
  return parseUrn(step.urn).type.startsWith("kubernetes:");
}

/** What a new object that decides who may do what says; of other new objects the name says enough. */
function newFields(kind: string, inputs: Properties | undefined): FieldChange[] {
  if (kind !== "NetworkPolicy" && !decidesRequests.has(kind)) return [];
  const said = Object.entries(inputs ?? {}).filter(
    ([key]) => !["apiVersion", "kind", "metadata"].includes(key),
  );
  return fieldChanges({}, Object.fromEntries(said));
}

/** The change of one object of the cluster, with its changed fields. */
export function objectChange(step: Step): Change[] {
  const { operation } = step;
  if (operation === "same") return [];
  const { type, name: resource } = parseUrn(step.urn);
  const kind = type.split(":").at(-1) ?? type;
  const { name = resource, namespace } = metadataOf(step.newInputs ?? step.oldInputs);
  const changed =
    operation === "create"
      ? newFields(kind, step.newInputs)
      : operation === "delete"
        ? []
        : fieldChanges(step.oldInputs, step.newInputs);
  const { fields, diff } = splitFields(changed);
  return [
    {
      place: namespace === undefined ? "cluster" : `namespace ${namespace}`,
      title: `${kind} ${name}`,
      operation,
      impact: objectImpact({ kind, operation, fields: changed }),
      fields,
      ...(diff === "" ? {} : { diff }),
    },
  ];
}
