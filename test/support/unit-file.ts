import assert from "node:assert/strict";

/** A unit file as systemd reads it: the values of each directive, by section. */
export class UnitFile {
  readonly #directives = new Map<string, string[]>();

  public constructor(content: string) {
    let section = "";
    for (const line of content.replaceAll(/\\\n\s*/g, "").split("\n")) {
      const heading = /^\[(\w+)\]$/.exec(line);
      if (heading) section = heading[1] ?? "";
      const directive = /^(\w+)=(.*)$/.exec(line);
      if (!directive) continue;
      const key = `${section}.${directive[1] ?? ""}`;
      this.#directives.set(key, [...(this.#directives.get(key) ?? []), directive[2] ?? ""]);
    }
  }

  /** All values of a directive, as `all("Service", "SystemCallFilter")`. */
  public all(section: string, directive: string): readonly string[] {
    return this.#directives.get(`${section}.${directive}`) ?? [];
  }

  /** The one value of a directive of `[Service]`; undefined when it is not there. */
  public service(directive: string): string | undefined {
    const values = this.all("Service", directive);
    assert.ok(values.length <= 1, `${directive} stands ${values.length} times`);
    return values[0];
  }

  /** Flags of `ExecStart=` by name, without dashes. */
  public flags(): ReadonlyMap<string, string> {
    const words = (this.service("ExecStart") ?? "").split(" ").slice(1);
    const flags = words.filter((word) => word.startsWith("--"));
    return new Map(
      flags.map((flag) => {
        const [name = "", ...value] = flag.slice(2).split("=");
        return [name, value.join("=")];
      }),
    );
  }
}

/** Directives that every service under a user of its own must carry, as systemd.exec(5) spells their values. */
const sandboxDirectives: Readonly<Record<string, string>> = {
  AmbientCapabilities: "",
  CapabilityBoundingSet: "",
  LockPersonality: "yes",
  MemoryDenyWriteExecute: "yes",
  NoNewPrivileges: "yes",
  PrivateDevices: "yes",
  PrivateTmp: "yes",
  ProtectClock: "yes",
  ProtectControlGroups: "yes",
  ProtectHome: "yes",
  ProtectHostname: "yes",
  ProtectKernelLogs: "yes",
  ProtectKernelModules: "yes",
  ProtectKernelTunables: "yes",
  ProtectProc: "invisible",
  ProtectSystem: "strict",
  RemoveIPC: "yes",
  RestrictAddressFamilies: "AF_INET AF_INET6 AF_UNIX",
  RestrictNamespaces: "yes",
  RestrictRealtime: "yes",
  RestrictSUIDSGID: "yes",
  SystemCallArchitectures: "native",
  UMask: "0077",
};

/** Fails unless the service runs under `user`, keeps no capability and writes `writablePaths` only. */
export function assertSandboxed(unit: UnitFile, user: string, writablePaths: string): void {
  assert.equal(unit.service("User"), user);
  assert.equal(unit.service("Group"), user);
  for (const [directive, value] of Object.entries(sandboxDirectives)) {
    assert.equal(unit.service(directive), value, directive);
  }
  assert.equal(unit.service("ReadWritePaths"), writablePaths);
  assert.deepEqual(unit.all("Service", "SystemCallFilter"), ["@system-service", "~@privileged @resources"]);
}
