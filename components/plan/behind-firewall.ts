import { execStart } from "./systemd";

/** The host firewall's own table, as nft(8) names it. */
export const firewallTable = "inet redoubt";

/**
 * `ExecStartPre=` of who serves the network: without the host firewall it does not start. Not `Requires=`, which would restart all of them
 * on every host when the firewall's unit changes (systemd.unit(5)). Root's, outside of the sandbox: nobody else can ask.
 */
export const behindFirewall = `+${execStart("/bin/sh", ["-c", `/usr/sbin/nft list chain ${firewallTable} input >/dev/null`])}`;
