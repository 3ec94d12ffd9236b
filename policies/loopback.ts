/** Whether a host's name or address never leaves the host; an address of IPv6 may stand in brackets. */
export function isLoopback(host: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/i.test(host);
}
