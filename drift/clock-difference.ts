import type { HostFacts } from "./host-facts";

/**
 * Seconds that a host's clock may differ from the box's. Certificates are valid from the second in which the box made them, and members
 * of etcd complain of each other from one second on; more than this is no delay of a login.
 */
const tolerance = 5;

/** When a host was asked for all of its facts, and when it had answered, by the box's clock. */
export interface LookTimes {
  readonly asked: Date;
  readonly answered: Date;
}

/**
 * Says by how much a host's clock is wrong, which a container's never is: it has the box's. Whose is wrong, the host's or the box's,
 * can't be seen from here.
 *
 * @throws when the host did not tell its time.
 */
export function clockDifference(facts: HostFacts, { asked, answered }: LookTimes): string[] {
  const told = facts.time.getTime();
  const ahead = Math.floor((told - answered.getTime()) / 1000);
  // The host tells whole seconds, so its clock may be almost one further.
  const behind = Math.floor((asked.getTime() - told - 1000) / 1000);
  const [seconds, side] = ahead > behind ? [ahead, "ahead of"] : [behind, "behind"];
  if (seconds <= tolerance) return [];
  return [
    `the clock is ${seconds} s ${side} this box's: certificates and tokens hold by the clock; see timedatectl timesync-status there, and here`,
  ];
}
