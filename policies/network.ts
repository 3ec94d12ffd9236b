import { clusterObject, kindOf, objectRule, type ClusterObject } from "./kubernetes-objects";
import { readHostScript, remoteCommand, scriptRule } from "./host-script";
import { programs } from "./programs";
import { shown, stackRule, type Deployed, type Finding, type Rule, type StackRule } from "./rule";
import { fields, list, texts, type Fields } from "./structured-files";

/** Everybody, in both families. */
const everywhere: ReadonlySet<unknown> = new Set(["0.0.0.0/0", "::/0"]);

function openPeers(direction: "ingress" | "egress", rule: unknown): Finding[] {
  const side = direction === "ingress" ? "from" : "to";
  const peers = list(fields(rule)[side]);
  // No peer is every peer (NetworkPolicyIngressRule).
  if (peers.length === 0) return [{ what: `${direction} is open ${side} everywhere` }];
  return peers
    .map((peer) => fields(fields(peer)["ipBlock"]))
    .filter((block) => everywhere.has(block["cidr"]) && list(block["except"]).length === 0)
    .map((block) => ({ what: `${direction} is open ${side} ${String(block["cidr"])}` }));
}

const openPolicy = objectRule(
  ["NetworkPolicy"],
  {
    id: "network-open-policy",
    rule: "network policies name who: nothing is open from or to everywhere",
    why: "one such rule undoes the default deny for the pods that it selects",
    source:
      "kubernetes.io/docs/concepts/services-networking/network-policies; NSA/CISA Kubernetes hardening guide 1.2, network separation",
    fix: "name pods, namespaces or a network that is smaller than everything",
  },
  ({ content }) => {
    const spec = fields(content["spec"]);
    return (["ingress", "egress"] as const).flatMap((direction) =>
      list(spec[direction]).flatMap((rule) => openPeers(direction, rule)),
    );
  },
);

interface NftSet {
  readonly name: string;
  readonly open: boolean;
}

function nftSets(content: string): NftSet[] {
  return [...content.matchAll(/^\s*set (\S+) \{([\s\S]*?)^\s*\}/gm)].map(([, name = "", body = ""]) => ({
    name,
    open: /\b0\.0\.0\.0\/0|(^|[\s,{])::\/0/.test(body),
  }));
}

/** Lines of the input chain that let a port in. */
function inputChain(content: string): string | undefined {
  return [...content.matchAll(/^\s*chain \S+ \{([\s\S]*?)^\s*\}/gm)]
    .map(([, body = ""]) => body)
    .find((body) => body.includes("hook input"));
}

function judgeRuleset(content: string): Finding[] {
  const chain = inputChain(content);
  if (chain === undefined) return [{ what: "it has no chain on the input hook" }];
  const open = new Set(
    nftSets(content)
      .filter((item) => item.open)
      .map((item) => item.name),
  );
  const dropped = chain.includes("policy drop;") ? [] : [{ what: "input is not dropped by default" }];
  const doors = [...chain.matchAll(/^\s*(.*\bdport\b.*\baccept\b.*)$/gm)].map(([, line = ""]) => line);
  return [
    ...dropped,
    ...doors
      .filter((line) => {
        const source = /\bsaddr (@?\S+)/.exec(line)?.[1];
        if (source === undefined || everywhere.has(source)) return true;
        return source.startsWith("@") && open.has(source.slice(1));
      })
      .map((line) => ({ what: `everybody may reach a port: ${line}` })),
  ];
}

const hostFirewall = scriptRule(
  "plan",
  {
    id: "network-open-firewall",
    rule: "hosts drop what comes in, unless it comes to a listed port from a listed network",
    why: "whatever listens by mistake can be reached, and SSH and the API are attacked within minutes",
    source: "nft(8); Kubernetes: Ports and Protocols",
    fix: "drop by default and give every accepted port a source (operatorCidrs, allowedCidrs)",
  },
  (script) => {
    const rulesets = script.files.filter(
      ({ path }) => path.endsWith(".nft") || path === "/etc/nftables.conf",
    );
    // A table of its own may rule what is sent or passed on; who comes in is the firewall's to say.
    const firewalls = rulesets.filter(({ content }) => /hook input\b/.test(content));
    if (firewalls.length === 0 && script.phase === "harden") {
      return [{ what: "the hardening phase writes no firewall" }];
    }
    return firewalls.flatMap(({ path, content }) =>
      judgeRuleset(content).map((item) => ({ where: path, ...item })),
    );
  },
);

interface ClusterResource extends ClusterObject {
  readonly urn: string;
}

function objectsOf(resources: readonly Deployed[], wanted: string): ClusterResource[] {
  return resources
    .filter(({ type }) => kindOf(type) === wanted)
    .map(({ urn, inputs }) => ({ ...clusterObject(wanted, fields(inputs)), urn }));
}

/** Where no pod needs DNS to be allowed: kube-system holds DNS itself, and names its pods one by one; Dex's store holds no pods. */
const withoutOwnNames: ReadonlySet<string> = new Set(["kube-system", "redoubt-dex"]);

/** Namespaces that every cluster has. */
const systemNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

function startsApiServer({ inputs }: Deployed): boolean {
  try {
    const stdin: unknown = inputs["stdin"];
    const script = typeof stdin === "string" ? readHostScript(stdin) : undefined;
    return script !== undefined && programs(script, "kube-apiserver").length > 0;
  } catch {
    // Unknown, or unreadable, which hosts-readable-script refuses.
    return false;
  }
}

/** Whether the stack builds a cluster, and so answers for all of its namespaces. */
function buildsCluster(resources: readonly Deployed[]): boolean {
  return resources.some((resource) => resource.type === remoteCommand && startsApiServer(resource));
}

/** Namespaces that the stack answers for, with the resource that stands for each. */
function namespacesOf(resources: readonly Deployed[]): { name: string; urn: string | undefined }[] {
  const declared = objectsOf(resources, "Namespace").map(({ name, urn }) => ({ name, urn }));
  const builtIn = buildsCluster(resources) ? systemNamespaces : [];
  const missing = builtIn.filter((name) => !declared.some((item) => item.name === name));
  return [...declared, ...missing.map((name) => ({ name, urn: undefined }))];
}

function selectsEveryPod(spec: Fields): boolean {
  const { matchLabels, matchExpressions } = fields(spec["podSelector"]);
  return Object.keys(fields(matchLabels)).length === 0 && list(matchExpressions).length === 0;
}

/** Directions that a policy denies to every pod of its namespace, but for what others allow. */
function deniedDirections(policy: ClusterObject): string[] {
  const spec = fields(policy.content["spec"]);
  if (!selectsEveryPod(spec)) return [];
  return texts(spec["policyTypes"]).filter((type) => list(spec[type.toLowerCase()]).length === 0);
}

function place(name: string, urn: string | undefined): Pick<Finding, "subject" | "urn"> {
  return { subject: `namespace/${name}`, ...(urn === undefined ? {} : { urn }) };
}

const defaultDeny: StackRule = stackRule(
  {
    id: "network-default-deny",
    cis: ["5.3.2"],
    rule: "every namespace denies both directions, but for what policies allow",
    why: "one pod that is taken over reaches every other, and the internet",
    source: "NSA/CISA Kubernetes hardening guide 1.2, network separation",
    fix: "add a NetworkPolicy with podSelector {} and policyTypes Ingress and Egress to the namespace",
  },
  (resources) => {
    const policies = objectsOf(resources, "NetworkPolicy");
    return namespacesOf(resources).flatMap(({ name, urn }): Finding[] => {
      const denied = new Set(policies.filter((item) => item.namespace === name).flatMap(deniedDirections));
      const open = ["Ingress", "Egress"].filter((direction) => !denied.has(direction));
      return open.length === 0
        ? []
        : [{ ...place(name, urn), what: `namespace ${name} does not deny ${open.join(" and ")} by default` }];
    });
  },
);

/** Protocols of DNS that an egress rule lets every pod speak to the cluster's DNS. */
function dnsProtocols(policy: ClusterObject): string[] {
  const spec = fields(policy.content["spec"]);
  if (!selectsEveryPod(spec)) return [];
  return list(spec["egress"]).flatMap((rule) => {
    const toDns = list(fields(rule)["to"]).some((peer) => {
      const labels = fields(fields(fields(peer)["podSelector"])["matchLabels"]);
      return labels["k8s-app"] === "kube-dns";
    });
    const ports = list(fields(rule)["ports"]).map(fields);
    return (
      ports
        // Policies see a pod's own port, so it need not be 53 where the peer is DNS.
        .filter((port) => toDns || port["port"] === 53)
        .map((port) => shown(port["protocol"] ?? "TCP"))
    );
  });
}

const dns: StackRule = stackRule(
  {
    id: "network-dns",
    rule: "where egress is denied, DNS is allowed, by UDP and TCP; and the cluster has a DNS service",
    why: "without names nothing works, and somebody opens everything to make it work",
    source: "kubernetes/website#54997; RFC 7766 (DNS over TCP)",
    fix: "add a policy that lets every pod reach k8s-app: kube-dns by UDP and TCP",
  },
  (resources) => {
    const policies = objectsOf(resources, "NetworkPolicy");
    const missing = namespacesOf(resources)
      .filter(({ name }) => !withoutOwnNames.has(name))
      .flatMap(({ name, urn }): Finding[] => {
        const own = policies.filter((item) => item.namespace === name);
        if (!own.some((item) => deniedDirections(item).includes("Egress"))) return [];
        const allowed = new Set(own.flatMap(dnsProtocols));
        const lacking = ["UDP", "TCP"].filter((protocol) => !allowed.has(protocol));
        return lacking.length === 0
          ? []
          : [
              {
                ...place(name, urn),
                what: `pods of namespace ${name} may not ask DNS by ${lacking.join(" and ")}`,
              },
            ];
      });
    const services = objectsOf(resources, "Service").filter(
      (item) => fields(fields(item.content["spec"])["selector"])["k8s-app"] === "kube-dns",
    );
    return buildsCluster(resources) && services.length === 0
      ? [
          ...missing,
          { subject: "service/kube-dns", what: "the stack builds a cluster without a DNS service" },
        ]
      : missing;
  },
);

/** What may talk to what. */
export const networkRules: readonly Rule[] = [openPolicy, hostFirewall, defaultDeny, dns];
