import { isIn } from "./addresses";
import { awsProblems } from "./aws-checks";
import type { Problem } from "./problem";
import { inventoryPodCidr } from "./layout";
import type { Settings } from "./schema";

/** How many hosts of each role there are, wherever they come from. */
function counts({ hosts }: Settings): { setting: string; controlPlanes: number } {
  if (hosts.provider !== "inventory") {
    return { setting: "hosts.controlPlanes", controlPlanes: hosts.controlPlanes };
  }
  const controlPlanes = hosts.inventory?.hosts.filter(({ role }) => role === "control-plane") ?? [];
  return { setting: "hosts.inventory.hosts (control planes)", controlPlanes: controlPlanes.length };
}

function countProblems(settings: Settings): Problem[] {
  const { setting, controlPlanes } = counts(settings);
  const problems: Problem[] = [];
  if (controlPlanes > 0 && controlPlanes % 2 === 0) {
    const rule = "is even: etcd then survives no more losses than with one host fewer";
    const fix = `use ${controlPlanes - 1} or ${controlPlanes + 1}`;
    problems.push({ setting, value: controlPlanes, rule, fix });
  }
  if (controlPlanes > 1 && settings.apiServer.endpoint === undefined && settings.hosts.provider !== "aws") {
    const rule = "is missing, and there is more than one control plane";
    const fix = "name the load balancer in front of the API servers";
    problems.push({ setting: "apiServer.endpoint", value: undefined, rule, fix });
  }
  return problems;
}

/** Every value that a list holds more than once, with the names of those that have it. */
function shared(
  values: readonly (readonly [name: string, value: string])[],
): { value: string; names: string[] }[] {
  const known = [...new Set(values.map(([, value]) => value))];
  return known
    .map((value) => ({ value, names: values.filter((pair) => pair[1] === value).map(([name]) => name) }))
    .filter(({ names }) => names.length > 1);
}

/** The part of a public key that makes it that key, without its comment. */
function keyOf(publicKey: string): string {
  return publicKey.split(" ").slice(0, 2).join(" ");
}

function hostProblems(settings: Settings): Problem[] {
  const list = settings.hosts.inventory?.hosts ?? [];
  const { subnet } = settings.hosts;
  const { podCidr, serviceClusterIpRange } = settings.network;
  const setting = (field: string): string => `hosts.inventory.hosts[].${field}`;
  const twice = (field: string, pairs: (readonly [string, string])[], fix: string): Problem[] =>
    shared(pairs).map(({ value, names }) => {
      return { setting: setting(field), value, rule: `is that of ${names.join(" and ")}`, fix };
    });
  const pods = list.map((host) => [host.name, inventoryPodCidr(podCidr, host)] as const);
  const outsidePods = list.filter(
    (host) => host.podCidr !== undefined && !/^[\d.]+\.0\/24$/.test(host.podCidr),
  );
  return [
    ...twice(
      "name",
      list.map(({ name }, index) => [`host ${index + 1}`, name] as const),
      "give each host its own name",
    ),
    ...twice(
      "address",
      list.map(({ name, address }) => [name, address] as const),
      "correct the address of one of them",
    ),
    ...twice(
      "hostKey",
      list.map(({ name, hostKey }) => [name, keyOf(hostKey)] as const),
      "a key that two hosts have proves neither: make new ones on a host that was cloned (rm /etc/ssh/ssh_host_*, then ssh-keygen -A)",
    ),
    ...twice(
      "podCidr",
      pods.map(([name, value]) => [name, value] as const),
      "set podCidr of one of them to a free /24 of network.podCidr",
    ),
    ...outsidePods.map(({ name, podCidr: value }) => ({
      setting: setting("podCidr"),
      value,
      rule: `of ${name} is not a /24`,
      fix: "write it as 10.244.7.0/24",
    })),
    ...pods
      .filter(([, value]) => !isIn(value.split("/")[0] ?? "", podCidr))
      .map(([name, value]) => ({
        setting: setting("podCidr"),
        value,
        rule: `of ${name} is not in network.podCidr = ${podCidr}`,
        fix: "take a /24 of it, or leave it out",
      })),
    ...list
      .filter(({ address }) => subnet !== undefined && !isIn(address, subnet))
      .map(({ name, address }) => ({
        setting: setting("address"),
        value: address,
        rule: `of ${name} is not in hosts.subnet = ${subnet ?? ""}`,
        fix: "correct the address, or leave hosts.subnet out",
      })),
    ...Object.entries({ "network.podCidr": podCidr, "network.serviceClusterIpRange": serviceClusterIpRange })
      .flatMap(([name, network]) => list.map((host) => ({ name, network, host })))
      .filter(({ network, host }) => isIn(host.address, network))
      .map(({ name, network, host }) => ({
        setting: setting("address"),
        value: host.address,
        rule: `of ${host.name} is in ${name} = ${network}`,
        fix: `choose another ${name}`,
      })),
  ];
}

/** A login that is asked for, and the secret that it takes; or a secret that nothing asks for. */
function secretProblems(settings: Settings): Problem[] {
  const { inventory } = settings.hosts;
  const wanted: Readonly<Record<string, string | undefined>> = {
    bootstrapPassword: inventory?.bootstrap.authentication === "password" ? "bootstrap" : undefined,
    bootstrapPrivateKey: inventory?.bootstrap.authentication === "privateKey" ? "bootstrap" : undefined,
    bastionPrivateKey: inventory?.bastion?.authentication === "privateKey" ? "bastion" : undefined,
  };
  return Object.entries(wanted).flatMap(([name, asker]): Problem[] => {
    const isSet = settings.secrets[name as "bootstrapPassword"] !== undefined;
    const setting = `secrets.${name}`;
    if (asker !== undefined && !isSet) {
      const rule = `is missing, and hosts.inventory.${asker}.authentication asks for it`;
      const fix = `run pulumi config set --secret --path redoubt:${setting}`;
      return [{ setting, value: undefined, rule, fix }];
    }
    if (asker === undefined && isSet && settings.hosts.provider === "inventory") {
      const rule = "is set, and nothing asks for it";
      const fix = `run pulumi config rm --path redoubt:${setting}, or correct the authentication in hosts.inventory`;
      return [{ setting, value: "[secret]", rule, fix }];
    }
    return [];
  });
}

function inventoryProblems(settings: Settings): Problem[] {
  const { inventory, operatorCidrs } = settings.hosts;
  if (inventory === undefined) {
    const rule = "is missing, and hosts.provider is inventory";
    return [
      {
        setting: "hosts.inventory",
        value: undefined,
        rule,
        fix: "list the hosts, as docs/inventory.md shows",
      },
    ];
  }
  const problems = [...hostProblems(settings), ...secretProblems(settings)];
  if (!inventory.hosts.some(({ role }) => role === "control-plane")) {
    const rule = "have no control plane";
    const fix = "give one of them role: control-plane";
    problems.push({ setting: "hosts.inventory.hosts", value: undefined, rule, fix });
  }
  if (operatorCidrs.length === 0) {
    const rule = "is missing: the firewall of the hosts would let nobody in";
    const fix =
      "name the networks from which you, and whatever runs up, reach the hosts; 0.0.0.0/0 leaves SSH and the API open to everybody";
    problems.push({ setting: "hosts.operatorCidrs", value: undefined, rule, fix });
  }
  return problems;
}

/** Blocks of a provider that is not the one in use. */
function unusedProblems({ hosts }: Settings): Problem[] {
  return (["inventory", "aws"] as const)
    .filter((name) => name !== hosts.provider && hosts[name] !== undefined)
    .map((name) => ({
      setting: `hosts.${name}`,
      value: "…",
      rule: `is given, and hosts.provider is ${hosts.provider}`,
      fix: `set hosts.provider to ${name}, or leave hosts.${name} out`,
    }));
}

/** Local machines reach nothing but the box. */
function releasedProblems({ hosts }: Settings): Problem[] {
  if (hosts.provider !== "local" || hosts.artifacts !== "released") return [];
  const rule = "is for hosts that reach the internet, and local machines don't";
  return [{ setting: "hosts.artifacts", value: hosts.artifacts, rule, fix: "leave hosts.artifacts out" }];
}

/** Relations between settings of hosts. */
export function hostSettingProblems(settings: Settings): Problem[] {
  const { provider } = settings.hosts;
  return [
    ...countProblems(settings),
    ...(provider === "inventory" ? inventoryProblems(settings) : []),
    ...(provider === "aws" ? awsProblems(settings) : []),
    ...releasedProblems(settings),
    ...unusedProblems(settings),
  ];
}
