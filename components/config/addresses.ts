import ipaddr from "ipaddr.js";

/** The address that many steps after the first of an IPv4 network; it may lie outside. */
export function addressAt(network: string, offset: number): string {
  const [base] = ipaddr.IPv4.parseCIDR(network);
  const bytes = base.toByteArray();
  const number = bytes.reduce((value, byte) => value * 256 + byte, 0) + offset;
  return [24, 16, 8, 0].map((shift) => (number / 2 ** shift) & 255).join(".");
}

/** Whether an IPv4 address lies in a network; false when the text is no network. */
export function isIn(address: string, network: string): boolean {
  return ipaddr.IPv4.isValidCIDR(network) && ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(network));
}

/** Whether two IPv4 networks have an address in common; false when one of the texts is no network. */
export function networksOverlap(left: string, right: string): boolean {
  if (!ipaddr.IPv4.isValidCIDR(left) || !ipaddr.IPv4.isValidCIDR(right)) return false;
  const [base, prefix] = ipaddr.IPv4.parseCIDR(left);
  const [otherBase, otherPrefix] = ipaddr.IPv4.parseCIDR(right);
  return base.match(otherBase, Math.min(prefix, otherPrefix));
}

/** The part of a network with that number, when it is cut into parts that many bits smaller: 10.0.0.0/16, 2 bits, 3 is 10.0.192.0/18. */
export function partOf(network: string, bits: number, index: number): string {
  const prefix = ipaddr.IPv4.parseCIDR(network)[1] + bits;
  return `${addressAt(network, index * 2 ** (32 - prefix))}/${prefix}`;
}
