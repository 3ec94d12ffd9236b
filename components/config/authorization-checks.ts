import { certificateProblems } from "./certificate-checks";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

type AbacEntry = Settings["authorization"]["abac"][number];
type Waived = Settings["authorization"]["waivers"][number]["waives"];

/** Namespaces that every cluster has. */
const kubernetesNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Names that only the cluster's own components bear, and groups that everybody is in. */
const reserved = /^(system:|redoubt:)/;

function subjectProblems(setting: string, { user, group }: AbacEntry): Problem[] {
  const subjects = [user, group].filter((value) => value !== undefined);
  if (subjects.length === 0) {
    return [
      {
        setting,
        value: undefined,
        rule: "names neither user nor group",
        fix: "say who gets it, by user or group",
      },
    ];
  }
  return subjects.flatMap((value): Problem[] => {
    if (value === "*") {
      return [{ setting, value, rule: "gives it to everybody", fix: "name a user or a group of yours" }];
    }
    if (!reserved.test(value)) return [];
    const rule =
      "is a name of the cluster's own, or a group that everybody is in, which no entry may grant to";
    return [{ setting, value, rule, fix: "name a user or a group of yours" }];
  });
}

function targetProblems(setting: string, entry: AbacEntry, namespaces: ReadonlySet<string>): Problem[] {
  const { resource, nonResourcePath, namespace, apiGroup } = entry;
  const one = (value: unknown, rule: string, fix: string): Problem[] => [{ setting, value, rule, fix }];
  if ((resource === undefined) === (nonResourcePath === undefined)) {
    const rule =
      resource === undefined
        ? "names neither resource nor nonResourcePath"
        : "names both a resource and a path";
    return one(undefined, rule, "make one entry for each resource or nonResourcePath");
  }
  if (nonResourcePath !== undefined) {
    if (namespace === undefined && apiGroup === undefined) return [];
    return one(nonResourcePath, "has a namespace or apiGroup, and a path has none", "leave them out");
  }
  const problems: Problem[] = [];
  if (namespace !== undefined && namespace !== "*" && !namespaces.has(namespace)) {
    problems.push(...one(namespace, "is no namespace of the stack", "add it to namespaces, or correct it"));
  }
  return [...problems, ...reachProblems(setting, entry)];
}

/** Resources of Kubernetes that lie in namespaces. */
const namespaced = new Set([
  ...[
    "bindings",
    "configmaps",
    "cronjobs",
    "daemonsets",
    "deployments",
    "endpoints",
    "endpointslices",
    "events",
  ],
  ...["horizontalpodautoscalers", "ingresses", "jobs", "leases", "limitranges", "networkpolicies"],
  ...["persistentvolumeclaims", "poddisruptionbudgets", "pods", "podtemplates", "replicasets"],
  ...["replicationcontrollers", "resourcequotas", "rolebindings", "roles", "secrets", "serviceaccounts"],
  ...["services", "statefulsets"],
]);

/**
 * What subresources of these give, be it to whoever may only read: exec and proxy are asked for by GET as well
 * (kubernetes.io/docs, RBAC Good Practices, "Access to proxy subresource of Nodes").
 */
const reachedBySubresource: ReadonlyMap<string, string> = new Map([
  ["nodes", "nodes/proxy too, by which commands run in every pod"],
  ["pods", "pods/exec and pods/proxy too, by which commands run in every pod"],
  ["services", "services/proxy too, which reaches every pod past its policies"],
]);

/**
 * What an entry gives beyond what it seems to: ABAC knows no subresources, and a request for all namespaces has none
 * (pkg/auth/authorizer/abac, `resourceMatches`).
 */
function reachProblems(setting: string, { resource, namespace, readonly }: AbacEntry): Problem[] {
  const one = (rule: string, fix: string): Problem[] => [{ setting, value: resource, rule, fix }];
  const everywhere = namespace === undefined || namespace === "*";
  if (resource === "*" && everywhere) {
    return readonly
      ? one(
          "reads everything, secrets too, and runs commands in every pod by nodes/proxy",
          "bind cluster-reader in access.roleBindings, or name a namespace",
        )
      : one(
          "gives every right on everything, and that by a file which only a restart can withdraw",
          "bind cluster-admin in access.roleBindings, or name a namespace",
        );
  }
  const hidden = resource === undefined ? undefined : reachedBySubresource.get(resource);
  if (hidden !== undefined && everywhere) {
    return one(`gives ${hidden}`, "bind cluster-reader in access.roleBindings, or name a namespace of pods");
  }
  if (namespace !== undefined || resource === undefined || !namespaced.has(resource)) return [];
  return one(
    "lies in namespaces, and without one the entry gives every list of all of them",
    'name a namespace, or "*" to mean all of them',
  );
}

function abacProblems({ authorization, namespaces }: Settings): Problem[] {
  const known = new Set([...kubernetesNamespaces, ...namespaces.map(({ name }) => name)]);
  const keys = authorization.abac.map((entry) => JSON.stringify(Object.entries(entry).sort()));
  return authorization.abac.flatMap((entry, index): Problem[] => {
    const setting = `authorization.abac[${index}]`;
    const first = keys.indexOf(keys[index] ?? "");
    if (first < index) {
      const rule = `says the same as authorization.abac[${first}]`;
      return [{ setting, value: undefined, rule, fix: "remove one of them" }];
    }
    return [...subjectProblems(setting, entry), ...targetProblems(setting, entry, known)];
  });
}

function modeProblems({ apiServer, authorization }: Settings, waived: ReadonlySet<Waived>): Problem[] {
  const { authorizationMode: modes } = apiServer;
  const setting = "apiServer.authorizationMode";
  const problem = (rule: string, fix: string): Problem => ({ setting, value: modes, rule, fix });
  const problems: Problem[] = [];
  for (const mode of repeated(modes)) {
    problems.push(problem(`names ${mode} twice`, "name each mode once"));
  }
  for (const mode of ["Node", "RBAC"] as const) {
    if (modes.includes(mode) || waived.has(mode)) continue;
    problems.push(
      problem(
        `leaves out ${mode} (CIS ${mode === "Node" ? "1.2.7" : "1.2.8"})`,
        `add ${mode}, or an entry of authorization.waivers with waives: ${mode}, a reason and an end`,
      ),
    );
  }
  const details = { ABAC: authorization.abac.length > 0, Webhook: authorization.webhook !== undefined };
  const settings = { ABAC: "authorization.abac", Webhook: "authorization.webhook" };
  for (const mode of ["ABAC", "Webhook"] as const) {
    if (modes.includes(mode) === details[mode]) continue;
    problems.push(
      details[mode]
        ? problem(`leaves out ${mode}, and ${settings[mode]} is set: nobody would read it`, `add ${mode}`)
        : problem(`names ${mode}, and ${settings[mode]} is not set`, `set it, or leave ${mode} out`),
    );
  }
  return problems;
}

/** A webhook that everybody waits for must not stand between the cluster's own components and their rights. */
function webhookProblems({ apiServer, authorization }: Settings, waived: ReadonlySet<Waived>): Problem[] {
  const { webhook } = authorization;
  if (webhook === undefined) return [];
  const { authorizationMode: modes } = apiServer;
  const problems = certificateProblems(
    "authorization.webhook.certificateAuthority",
    webhook.certificateAuthority,
  );
  const before = ["Node", "RBAC"].find(
    (mode) => modes.some((item) => item === mode) && modes.indexOf("Webhook") < modes.indexOf(mode as "Node"),
  );
  if (modes.includes("Webhook") && before !== undefined && webhook.matchConditions.length === 0) {
    problems.push({
      setting: "apiServer.authorizationMode",
      value: modes,
      rule: `asks the webhook before ${before}: nodes and controllers would stop when it does`,
      fix: "put Webhook last, or leave the cluster's own components out by authorization.webhook.matchConditions",
    });
  }
  if (webhook.failurePolicy === "NoOpinion" && !waived.has("NoOpinion")) {
    problems.push({
      setting: "authorization.webhook.failurePolicy",
      value: "NoOpinion",
      rule: "lets modes after it decide when the server does not answer, so who stops it undoes what it denies",
      fix: "use Deny, or add an entry of authorization.waivers with waives: NoOpinion, a reason and an end",
    });
  }
  for (const value of repeated(webhook.matchConditions)) {
    const setting = "authorization.webhook.matchConditions";
    problems.push({ setting, value, rule: "is there twice", fix: "name each once" });
  }
  return problems;
}

/** An exception ends, and is not kept for what it excused no more. */
function waiverProblems({ apiServer, authorization }: Settings, now: Date): Problem[] {
  const { waivers, webhook } = authorization;
  return waivers.flatMap(({ waives, until, reason }, index): Problem[] => {
    const setting = `authorization.waivers[${index}]`;
    const needed =
      waives === "NoOpinion"
        ? webhook?.failurePolicy === "NoOpinion"
        : !apiServer.authorizationMode.includes(waives);
    if (!needed) {
      return [{ setting, value: waives, rule: "waives what needs no waiver", fix: "remove it" }];
    }
    if (waivers.findIndex((other) => other.waives === waives) < index) {
      return [{ setting, value: waives, rule: "is waived twice", fix: "keep one entry" }];
    }
    if (Date.parse(`${until}T23:59:59.999Z`) >= now.getTime()) return [];
    const rule = `ended, and with it the exception for ${waives} ("${reason}")`;
    return [{ setting, value: until, rule, fix: "mend what it excused, or decide anew until when" }];
  });
}

/**
 * Relations within `authorization`, and to `apiServer.authorizationMode`.
 *
 * @param now When waivers are judged. Default: now.
 */
export function authorizationProblems(settings: Settings, now = new Date()): Problem[] {
  // One that ended is reported as that, and not once more as missing.
  const waived = new Set(settings.authorization.waivers.map(({ waives }) => waives));
  return [
    ...modeProblems(settings, waived),
    ...abacProblems(settings),
    ...webhookProblems(settings, waived),
    ...waiverProblems(settings, now),
  ];
}
