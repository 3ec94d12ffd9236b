import type { HostRole } from "../plan/ports";
import type { Problem } from "./problem";

/** A host as the configuration lists it, or the last `up` knew it. */
export interface ListedHost {
  readonly name: string;
  readonly role: HostRole;
  /** Default: it is not known. */
  readonly address?: string | undefined;
  /** Network of its pods. Default: it is not known. */
  readonly podCidr?: string | undefined;
}

function changedAddress({ name, role, address }: ListedHost, wanted: readonly ListedHost[]): Problem[] {
  const now = wanted.find((host) => host.name === name)?.address;
  if (role !== "control-plane" || address === undefined || now === undefined || now === address) return [];
  const rule = `was at ${address}, where the other members of etcd look for it`;
  const fix = `take ${name} out and run up, then put it in again, reinstalled; the only control plane keeps its address`;
  return [{ setting: `hosts.inventory.hosts "${name}" address`, value: now, rule, fix }];
}

function changedRole({ name, role }: ListedHost, wanted: readonly ListedHost[]): Problem[] {
  const now = wanted.find((host) => host.name === name)?.role;
  if (now === undefined || now === role) return [];
  const rule = `was a ${role}, and what ran there for that would stay`;
  const fix = `take ${name} out and run up; then reinstall it and put it in as a ${now}`;
  return [{ setting: `hosts.inventory.hosts "${name}"`, value: now, rule, fix }];
}

/** Pods keep the addresses with which they started; routes, and what a host lets pass, would know the other network alone. */
function changedPodCidr({ name, podCidr }: ListedHost, wanted: readonly ListedHost[]): Problem[] {
  const now = wanted.find((host) => host.name === name)?.podCidr;
  if (podCidr === undefined || now === undefined || now === podCidr) return [];
  const rule = `was ${podCidr}, and pods that run there would be cut off; without podCidr it follows the host's address`;
  const fix = `set podCidr: ${podCidr}, or take ${name} out, run up, and add it again`;
  return [{ setting: `hosts.inventory.hosts "${name}" podCidr`, value: now, rule, fix }];
}

/** Control planes, the one first that lets others go. */
function controlPlanes(hosts: readonly ListedHost[]): string[] {
  return hosts.filter(({ role }) => role === "control-plane").map(({ name }) => name);
}

/**
 * A change of the list of hosts that a running cluster can't follow.
 *
 * @param running The hosts of the last `up`, in its order.
 * @param wanted The hosts as they are listed now.
 */
export function checkHostStep(running: readonly ListedHost[], wanted: readonly ListedHost[]): Problem[] {
  const [first] = controlPlanes(running);
  const [newFirst, ...behind] = controlPlanes(wanted);
  const staysBehind = first !== undefined && behind.includes(first);
  return [
    ...running.flatMap((host) => [
      ...changedRole(host, wanted),
      ...changedAddress(host, wanted),
      ...changedPodCidr(host, wanted),
    ]),
    ...(staysBehind
      ? [
          {
            setting: "hosts.inventory.hosts",
            value: newFirst,
            rule: `comes before ${first}, the first control plane, through which nodes leave the cluster: ${newFirst ?? ""} would be drained and deleted`,
            fix: `list ${first} before all other control planes`,
          },
        ]
      : []),
  ];
}
