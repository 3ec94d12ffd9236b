/** The command line of every script that reaches a host: as root, from stdin, so that nothing of it stands in an argument list. */
export const asRoot = "sudo --non-interactive bash -s";
