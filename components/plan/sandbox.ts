/** What a sandboxed service may still do. */
export interface SandboxOptions {
  /** Paths that the service may write; everything else is read-only (ProtectSystem=strict). */
  readonly writablePaths: readonly string[];
  /** Capabilities kept (capabilities(7)). Default: none. */
  readonly capabilities?: readonly string[];
}

/**
 * Directives of systemd.exec(5) that leave a network server what it needs and nothing else. `systemd-analyze security` rates
 * each; what is missing there is named here: no PrivateNetwork (it is a server), no RootDirectory (it reads /etc).
 */
export function sandbox(options: SandboxOptions): Record<string, string | boolean | readonly string[]> {
  const capabilities = (options.capabilities ?? []).join(" ");
  return {
    AmbientCapabilities: capabilities,
    CapabilityBoundingSet: capabilities,
    LockPersonality: true,
    MemoryDenyWriteExecute: true,
    NoNewPrivileges: true,
    PrivateDevices: true,
    PrivateTmp: true,
    ProtectClock: true,
    ProtectControlGroups: true,
    ProtectHome: true,
    ProtectHostname: true,
    ProtectKernelLogs: true,
    ProtectKernelModules: true,
    ProtectKernelTunables: true,
    ProtectProc: "invisible",
    ProtectSystem: "strict",
    ReadWritePaths: options.writablePaths.join(" "),
    RemoveIPC: true,
    RestrictAddressFamilies: "AF_INET AF_INET6 AF_UNIX",
    RestrictNamespaces: true,
    RestrictRealtime: true,
    RestrictSUIDSGID: true,
    SystemCallArchitectures: "native",
    SystemCallErrorNumber: "EPERM",
    SystemCallFilter: ["@system-service", "~@privileged @resources"],
    UMask: "0077",
  };
}
