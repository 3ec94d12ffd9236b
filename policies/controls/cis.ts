import { isGap, test, type Control, type ControlSource, type Gap } from "./control";
import type { TestTitle } from "./test-titles";

/** Sections of the benchmark, and how many recommendations each has. */
const sections: Readonly<Record<string, number>> = {
  "1.1": 21,
  "1.2": 30,
  "1.3": 7,
  "1.4": 2,
  "2": 7,
  "3.1": 3,
  "3.2": 2,
  "4.1": 10,
  "4.2": 14,
  "4.3": 1,
  "5.1": 13,
  "5.2": 12,
  "5.3": 2,
  "5.4": 2,
  "5.5": 1,
  "5.6": 4,
};

/** Every id of the benchmark, in its order. */
export const cisIds: readonly string[] = Object.entries(sections).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
);

const unitNote =
  "A systemd unit in place of the manifest of a static pod; `npm run cis` tells kube-bench, which looks for that, to look there.";
const filesOfKeys = [
  test(
    "unit/pki/cluster-pki.test.ts",
    "are 0600 where they hold a key, 0644 where not, with an owner and a folder that the host has",
  ),
  test("cluster/stories/tls.ts", "keeps every private key to the one who reads it"),
];
const adminNote =
  "There is no admin.conf; the administrator's file is /etc/kubernetes/super-admin.conf, on control planes.";
const baseline = ["apiServer.podSecurity.enforce", "namespaces[].podSecurity.enforce"];
const ownStandard = [
  test(
    "unit/network/network-policies.test.ts",
    "are made with their Pod Security Standard; those that every cluster has are left alone",
  ),
];
const refusedByBaseline = (what: string, ...tests: readonly TestTitle[]): Control => ({
  what: `${what}: refused by the standard baseline, which is enforced unless the settings say otherwise`,
  settings: baseline,
  tests: [
    test(
      "unit/control-plane/kube-apiserver.test.ts",
      "CIS 5.2.1: puts every namespace under a Pod Security Standard, without exemptions",
    ),
    ...tests,
  ],
});
/** Its pods ask for the host's network and process ids. */
const refusedInCluster = test(
  "cluster/stories/workloads.ts",
  "are refused when privileged, in every namespace of the stack",
);
const refusedByRestricted = (what: string, ...tests: readonly TestTitle[]): Control => ({
  what: `${what}: refused by the standard restricted`,
  settings: baseline,
  tests: [...ownStandard, ...tests],
  note: "By default restricted is warned about and audited; it is enforced where a namespace's settings say so, as in the staging and prod examples.",
});
const roles = (what: string): Control => ({
  what,
  settings: ["access.roleBindings"],
  note: "cluster-admin, Kubernetes' own role, may everything; nobody has it unless the settings say so.",
});

/** What is to be said of an id beside what rules and tests say that name it. */
const notes: Readonly<Record<string, Control | Gap>> = {
  "1.1.1": { note: unitNote },
  "1.1.2": { note: unitNote },
  "1.1.3": { note: unitNote },
  "1.1.4": { note: unitNote },
  "1.1.5": { note: unitNote },
  "1.1.6": { note: unitNote },
  "1.1.7": { note: unitNote },
  "1.1.8": { note: unitNote },
  "1.1.13": { tests: filesOfKeys, note: adminNote },
  "1.1.14": { tests: filesOfKeys, note: adminNote },
  "1.1.15": { tests: filesOfKeys },
  "1.1.17": { tests: filesOfKeys },
  "1.1.20": { tests: filesOfKeys },
  "1.1.21": { tests: filesOfKeys },
  "1.2.2": { settings: ["authentication.staticTokens"] },
  "1.2.6": { settings: ["apiServer.authorizationMode"] },
  "1.2.7": { settings: ["apiServer.authorizationMode", "authorization.waivers"] },
  "1.2.8": { settings: ["apiServer.authorizationMode", "authorization.waivers"] },
  "1.2.11": {
    what: "the admission plugin AlwaysPullImages is on",
    because: "open",
    reason:
      "Images are preloaded from archives, and without a registry no pod could start. From Kubernetes 1.35 on a kubelet asks before a pod gets an image that was pulled with somebody else's login (KubeletEnsureSecretPulledImages).",
  },
  "1.2.17": { settings: ["apiServer.auditLog.maxAge"] },
  "1.2.18": { settings: ["apiServer.auditLog.maxBackup"] },
  "1.2.19": { settings: ["apiServer.auditLog.maxSize"] },
  "1.2.20": {
    what: "the request timeout is set as appropriate",
    because: "other",
    reason: "Kubernetes' default of 60 seconds holds; no setting changes it.",
  },
  "1.2.22": {
    settings: ["authentication.serviceAccounts.signingKey", "authentication.serviceAccounts.acceptedKeys"],
  },
  "1.2.24": { settings: ["apiServer.subjectAltNames"] },
  "1.2.25": { settings: ["access.users"] },
  "1.2.28": { settings: ["apiServer.encryptionProvider", "apiServer.encryptionKeys"] },
  "1.2.30": { settings: ["authentication.serviceAccounts.maxTokenExpirationHours"] },
  "3.1.1": {
    what: "people do not log in with client certificates",
    because: "yours",
    reason:
      "People can come in by OpenID Connect (identityProvider, authentication.oidc), and should where there are many. A certificate of access.users lives 24 hours unless said otherwise, and can be withdrawn at once, because each person has an authority of their own.",
  },
  "3.1.2": {
    what: "people do not log in with tokens of service accounts",
    settings: ["authentication.serviceAccounts.maxTokenExpirationHours"],
    tests: [
      test(
        "cluster/stories/authentication/service-accounts.ts",
        "have no token that never expires, and get none",
      ),
    ],
    note: "No role of the stack may make a token for an account; a token that never expires is refused by admission.",
  },
  "3.1.3": {
    what: "people do not log in with bootstrap tokens",
    settings: ["authentication.bootstrapTokens"],
    tests: [
      test("unit/control-plane/authentication.test.ts", "has no --${name}"),
      test("cluster/stories/authentication/bootstrap-tokens.ts", "may do nothing else"),
    ],
  },
  "3.2.2": { what: "the audit policy covers secrets, tokens, and what is asked of running pods" },
  "4.1.4": { what: "kube-proxy's kubeconfig is root's" },
  "4.1.5": { tests: filesOfKeys },
  "4.1.6": { tests: filesOfKeys },
  "4.1.7": { tests: filesOfKeys },
  "4.1.8": { what: "the authorities that clients are verified by are root's", rules: ["files-pki-owner"] },
  "4.2.8": { what: "the kubelet limits the rate of its events, and loses none below it" },
  "4.2.11": { what: "renewal of kubelets' serving certificates is not switched off" },
  "4.2.12": {
    note: "The suites are named as IANA names them; kube-bench, which knows one of them by another name for kubelets alone, passes the same list for the API server (1.2.29).",
  },
  "5.1.1": {
    settings: ["access.roleBindings"],
    tests: [test("unit/access/access.test.ts", "binds nobody unless the configuration says so")],
  },
  "5.1.2": {
    ...roles(
      "secrets are shown to few by the API; who makes pods in a namespace (developers too) gives them its secrets",
    ),
    tests: [
      test("unit/access/cluster-roles.test.ts", "shows secrets to operators only"),
      test("cluster/stories/rbac.ts", "let a viewer really list pods, and not read a secret"),
    ],
  },
  "5.1.4": {
    ...roles("few may make pods: developers and operators, in the namespaces that are named"),
    tests: [
      test("unit/access/cluster-roles.test.ts", "lets viewers and the cluster reader read, and nothing else"),
    ],
  },
  "5.1.5": { what: "default service accounts are not used" },
  "5.1.6": {
    what: "a pod that names no account has a token mounted only when it asks",
    tests: [
      test(
        "cluster/stories/authentication/service-accounts.ts",
        "give no token to a pod that names no account, unless it asks",
      ),
    ],
  },
  "5.1.7": {
    tests: [
      test(
        "unit/pki/profiles.test.ts",
        "lets only the super admin into system:masters, readable by root of control planes alone",
      ),
    ],
    note: "One certificate in system:masters is left: root's on a control plane, because only that group may make the first binding.",
  },
  "5.1.8": {
    tests: [
      test(
        "unit/access/cluster-roles.test.ts",
        "lets nobody raise or lend rights: no escalate, bind, impersonate, no writing of RBAC, no tokens",
      ),
    ],
  },
  "5.1.9": roles("nobody makes persistent volumes"),
  "5.1.10": roles("nobody reaches kubelets through the proxy of nodes"),
  "5.1.11": roles("nobody approves certificate requests"),
  "5.1.12": roles("nobody changes webhooks of admission"),
  "5.1.13": roles("nobody makes tokens of service accounts"),
  "5.2.1": { what: "Pod Security admission judges every namespace, without exemptions", settings: baseline },
  "5.2.2": {
    what: "privileged containers are refused by the API server in every namespace, whatever Pod Security Standard it has",
    tests: [
      test(
        "cluster/stories/workloads.ts",
        "are refused privileged containers by the API server, where the namespace would let them",
      ),
    ],
  },
  "5.2.3": refusedByBaseline("the host's process ids", refusedInCluster),
  "5.2.4": refusedByBaseline("the host's IPC"),
  "5.2.5": refusedByBaseline("the host's network", refusedInCluster),
  "5.2.6": refusedByRestricted("escalation of privileges"),
  "5.2.7": refusedByRestricted(
    "containers that run as root",
    test(
      "cluster/stories/workloads.ts",
      "do not run as root where the namespace is restricted, and may where it is not",
    ),
  ),
  "5.2.8": refusedByRestricted("the capability NET_RAW"),
  "5.2.9": refusedByRestricted("capabilities that are not dropped"),
  "5.2.10": {
    what: "Windows HostProcess containers",
    because: "absent",
    reason: "There are no Windows nodes; baseline refuses such pods all the same.",
  },
  "5.2.11": refusedByBaseline("hostPath volumes"),
  "5.2.12": refusedByBaseline("host ports"),
  "5.3.1": {
    what: "the pod network enforces network policies",
    tests: [
      test("unit/node/network-agents.test.ts", "enforces policies and does nothing else"),
      test("cluster/stories/workloads.ts", "are not reached on another port, nor by a stranger"),
    ],
  },
  "5.3.2": { settings: ["namespaces", "network.allow"] },
  "5.4.1": {
    what: "secrets come to pods as files, not as variables",
    because: "yours",
    reason: "It stands in the pods' own specifications.",
  },
  "5.4.2": {
    what: "secrets are stored outside the cluster",
    because: "yours",
    reason: "In etcd they are encrypted (1.2.27, 1.2.28); a store outside is not part of the stack.",
  },
  "5.5.1": {
    what: "images are admitted by their provenance",
    because: "open",
    reason:
      "Admission can be told registries (`images.allowedRegistries`), and asks for no signature; the cluster's own images come from archives of pinned checksum.",
  },
  "5.6.1": {
    what: "namespaces part what belongs to different people",
    settings: ["namespaces", "access.roleBindings"],
    tests: [
      test(
        "unit/access/access.test.ts",
        "binds people where the configuration says, in one binding per role and place",
      ),
    ],
  },
  "5.6.2": {
    what: "pods run with the runtime's seccomp profile",
    rules: ["nodes-kubelet-seccomp"],
    tests: [
      test("unit/node/kubelet.test.ts", "CIS 4.2.14: confines pods by seccomp unless they say otherwise"),
      test("cluster/stories/workloads.ts", "are confined by seccomp when they say nothing of it"),
    ],
  },
  "5.6.3": {
    what: "pods and containers have a security context",
    because: "yours",
    reason: "It stands in the pods' own specifications; restricted, where it is enforced, asks for it.",
  },
  "5.6.4": {
    what: "the namespace default is not used",
    because: "yours",
    reason: "Nothing of the stack lies there; it is under default deny and baseline all the same.",
  },
};

/** Of recommendations that 1.12 has no more, and a program that checks an earlier version still makes. */
const formerNotes: Readonly<Record<string, string>> = {
  "4.2.15":
    "IPAddressDeny is a directive of systemd units and no setting of a kubelet, where kube-bench looks for it; the host firewall lets nobody reach a kubelet but those in the port table. 1.12 does not ask for it.",
};

/** Why an id is not kept as asked, or not wholly, in a line; undefined where nothing is to be said of that. */
export function cisAnswer(id: string): string | undefined {
  const said = notes[id];
  if (said === undefined) return formerNotes[id];
  return isGap(said) ? said.reason : said.note;
}

/** CIS Kubernetes Benchmark. */
export const cis: ControlSource = {
  title: "CIS Kubernetes Benchmark 1.12",
  about:
    "All recommendations by their ids. What must be so is said in this project's words; the benchmark's own are at cisecurity.org.",
  controls: Object.fromEntries(cisIds.map((id) => [id, notes[id] ?? {}])),
};

/** Ids that something is said of though the benchmark does not have them. */
export const unknownCisIds: readonly string[] = Object.keys(notes).filter((id) => !cisIds.includes(id));
