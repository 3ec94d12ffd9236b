/** Whether a network is everybody: with a prefix of no bits the base counts for nothing, whatever it says. */
export function isOpenNetwork(network: unknown): boolean {
  return typeof network === "string" && /^[^/]+\/0+$/.test(network.trim());
}
