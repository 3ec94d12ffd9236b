import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { networksOverlap } from "./addresses";
import { allowProblems } from "./allow-checks";
import { authorizationProblems } from "./authorization-checks";
import { authenticationProblems } from "./authentication-checks";
import { authorityProblems } from "./authority-checks";
import { encryptionProblems } from "./encryption-checks";
import { identityProviderProblems } from "./identity-provider-checks";
import { oidcProblems } from "./oidc-checks";
import { hostSettingProblems } from "./host-checks";
import { stackKeyProblems } from "./stack-key-checks";
import { lifetimeProblems } from "./lifetime-checks";
import { derivedSubnet, firstWorkerPodNetwork } from "./layout";
import { registryProblems } from "./registry-checks";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import { isReservedName } from "./reserved-names";
import type { Settings } from "./schema";

type Network = [ipaddr.IPv4, number];

/** undefined where the text is no network; then the schema has said so. */
function parseNetwork(text: string | undefined): Network | undefined {
  if (text === undefined || !ipaddr.IPv4.isValidCIDR(text)) return undefined;
  return ipaddr.IPv4.parseCIDR(text);
}

/** Hosts that have their pods behind those of the control planes. */
function workerCount({ hosts }: Settings): number {
  return hosts.provider === "inventory" ? 0 : hosts.workers;
}

/** What is too small for what lies in it. */
function sizeProblems(settings: Settings): Problem[] {
  const { podCidr, serviceClusterIpRange } = settings.network;
  const pods = parseNetwork(podCidr);
  const services = parseNetwork(serviceClusterIpRange);
  const problems: Problem[] = [];
  const needed = firstWorkerPodNetwork + workerCount(settings);
  if (pods !== undefined && (pods[1] > 18 || 2 ** (24 - pods[1]) < needed)) {
    const rule = "is too small: every host gets a /24, control planes the first 16 and workers the next";
    const fix = `use a /${Math.min(18, 24 - Math.ceil(Math.log2(needed)))} or larger`;
    problems.push({ setting: "network.podCidr", value: podCidr, rule, fix });
  }
  if (services !== undefined && services[1] > 28) {
    const rule = "is too small: cluster DNS has the tenth address";
    const setting = "network.serviceClusterIpRange";
    problems.push({ setting, value: serviceClusterIpRange, rule, fix: "use a /28 or larger" });
  }
  return problems;
}

function networkProblems(settings: Settings): Problem[] {
  const { provider, subnet: ownSubnet } = settings.hosts;
  const named = {
    "hosts.subnet": ownSubnet ?? (provider === "local" ? derivedSubnet(settings.clusterName) : undefined),
    "hosts.aws.vpcCidr": settings.hosts.aws?.vpcCidr,
    "network.podCidr": settings.network.podCidr,
    "network.serviceClusterIpRange": settings.network.serviceClusterIpRange,
  };
  const problems: Problem[] = [];
  const known = Object.entries(named).flatMap(([setting, value]) => {
    const parsed = parseNetwork(value);
    if (value !== undefined && parsed === undefined) {
      problems.push({ setting, value, rule: "is not an IPv4 network", fix: "write it as 10.0.0.0/16" });
    }
    return value !== undefined && parsed !== undefined ? [{ setting, value, parsed }] : [];
  });
  known.forEach((left, index) => {
    for (const right of known.slice(index + 1)) {
      if (!networksOverlap(left.value, right.value)) continue;
      const rule = `overlaps with ${left.setting} = ${left.value}`;
      problems.push({
        setting: right.setting,
        value: right.value,
        rule,
        fix: "choose networks that have no address in common",
      });
    }
  });
  problems.push(...sizeProblems(settings));
  const subnet = parseNetwork(settings.hosts.subnet);
  if (settings.hosts.provider === "local" && subnet !== undefined && subnet[1] !== 24) {
    problems.push({
      setting: "hosts.subnet",
      value: settings.hosts.subnet,
      rule: "is not a /24",
      fix: "use a /24, as 10.77.5.0/24",
    });
  }
  return problems;
}

/** A DNS name as a certificate can bear it (RFC 5280 4.2.1.6, RFC 1123). */
const dnsName = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

function nameProblems(settings: Settings): Problem[] {
  const { subjectAltNames, endpoint } = settings.apiServer;
  const names = [
    ...subjectAltNames.map((value, index) => ({ setting: `apiServer.subjectAltNames[${index}]`, value })),
    ...(endpoint === undefined ? [] : [{ setting: "apiServer.endpoint", value: endpoint }]),
  ];
  const problems: Problem[] = names
    .filter(({ value }) => isIP(value) === 0 && (!dnsName.test(value) || value.length > 253))
    .map(({ setting, value }) => ({
      setting,
      value,
      rule: "is neither a DNS name nor an IP address that a certificate can bear",
      fix: "use lower case letters, digits, dashes and dots, or an address",
    }));
  return [...problems, ...endpointProblems(endpoint)];
}

/** What a certificate can bear and no URL of a kubeconfig can name. */
function endpointProblems(endpoint: string | undefined): Problem[] {
  if (endpoint === undefined || (isIP(endpoint) !== 6 && !endpoint.startsWith("*."))) return [];
  const rule = "is no one place that kubeconfigs could name";
  const fix = "give an IPv4 address, or a name without *";
  return [{ setting: "apiServer.endpoint", value: endpoint, rule, fix }];
}

function duplicates(setting: string, names: readonly string[]): Problem[] {
  return repeated(names).map((value) => ({
    setting,
    value,
    rule: "is there twice",
    fix: "give each its own name",
  }));
}

/** Namespaces that every cluster has; the stack puts them under its policies without being told. */
const systemNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Where the identity provider keeps what it must remember. */
const dexNamespace = "redoubt-dex";

function referenceProblems(settings: Settings): Problem[] {
  const known = new Set(["default", ...settings.namespaces.map(({ name }) => name)]);
  const unknown = (setting: string, value: string): Problem[] =>
    known.has(value)
      ? []
      : [
          {
            setting,
            value,
            rule: "is no namespace of the stack",
            fix: "add it to namespaces, or correct the name",
          },
        ];
  return [
    ...settings.namespaces
      .filter(({ name }) => systemNamespaces.includes(name))
      .map(({ name }) => ({
        setting: "namespaces",
        value: name,
        rule: "is Kubernetes' own",
        fix: "leave it out; the stack sets its policies",
      })),
    ...settings.namespaces
      .filter(({ name }) => name === dexNamespace)
      .map(({ name }) => ({
        setting: "namespaces",
        value: name,
        rule: "is the identity provider's store",
        fix: "give yours another name",
      })),
    ...settings.network.allow.flatMap((rule) =>
      [rule.from, rule.to].flatMap((peer) =>
        "namespace" in peer ? unknown(`network.allow "${rule.name}"`, peer.namespace) : [],
      ),
    ),
    ...settings.access.roleBindings.flatMap(({ namespace }) =>
      namespace === undefined ? [] : unknown("access.roleBindings", namespace),
    ),
  ];
}

/** Where people administer the cluster; roles may be bound to it. */
const clusterAdmins = "redoubt:cluster-admins";

function accessProblems(settings: Settings): Problem[] {
  const namespaced = ["viewer", "developer", "operator"];
  const bindings = settings.access.roleBindings.flatMap((binding): Problem[] => {
    const setting = `access.roleBindings (${binding.role})`;
    const problems: Problem[] = [...binding.groups, ...binding.users]
      .filter((subject) => isReservedName(subject) && subject !== clusterAdmins)
      .map((value) => ({
        setting,
        value,
        rule: "is a name of Kubernetes' own, or the cluster's, to which nothing is bound",
        fix: "bind a group or user of yours",
      }));
    if (namespaced.includes(binding.role) && binding.namespace === undefined) {
      problems.push({
        setting,
        value: undefined,
        rule: "has no namespace",
        fix: "name the namespace in which the role is given",
      });
    }
    if (!namespaced.includes(binding.role) && binding.namespace !== undefined) {
      problems.push({
        setting,
        value: binding.namespace,
        rule: "is a role for the whole cluster and takes no namespace",
        fix: "leave namespace out",
      });
    }
    return problems;
  });
  const people = settings.access.users.flatMap(({ name, group }): Problem[] =>
    [name, group].filter(isReservedName).map((value) => ({
      setting: "access.users",
      value,
      rule: "is a name of the cluster's own components",
      fix: "use another name",
    })),
  );
  return [...bindings, ...people];
}

/** Relations between settings, each of which may be right by itself. */
export function crossCheck(settings: Settings): Problem[] {
  return [
    ...networkProblems(settings),
    ...hostSettingProblems(settings),
    ...nameProblems(settings),
    ...duplicates(
      "namespaces",
      settings.namespaces.map(({ name }) => name),
    ),
    ...duplicates(
      "network.allow",
      settings.network.allow.map(({ name }) => name),
    ),
    ...duplicates(
      "access.users",
      settings.access.users.map(({ name }) => name),
    ),
    ...duplicates(
      "access.roleBindings",
      settings.access.roleBindings.map(({ role, namespace }) => `${namespace ?? "cluster"}/${role}`),
    ),
    ...referenceProblems(settings),
    ...allowProblems(settings),
    ...accessProblems(settings),
    ...authorizationProblems(settings),
    ...authenticationProblems(settings),
    ...authorityProblems(settings),
    ...encryptionProblems(settings),
    ...stackKeyProblems(settings),
    ...lifetimeProblems(settings),
    ...identityProviderProblems(settings),
    ...oidcProblems(settings),
    ...registryProblems(settings),
  ];
}

/**
 * Whether a running cluster may go from one version to another: the same or the next minor, never back
 * (kubernetes.io/releases/version-skew-policy).
 */
export function checkVersionStep(from: string, to: string): Problem[] {
  const minor = (version: string): number => Number(version.split(".")[1]);
  const step = minor(to) - minor(from);
  if (step === 0 || step === 1) return [];
  const rule = step > 1 ? `skips a minor version from ${from}` : `is older than the running ${from}`;
  const fix = step > 1 ? `go to 1.${minor(from) + 1} first` : "stay, or go forward";
  return [{ setting: "kubernetes.version", value: to, rule, fix }];
}
