import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";

/** How a run of a rendered script ended. */
export interface ConvergeOutcome {
  readonly code: number;
  readonly stderr: string;
  /** Of its report; empty when it failed. */
  readonly changed: readonly string[];
}

/** A stub of systemctl for one service that reads CONFIG once, when it starts, and refuses to start with the word `crash` in it. */
const systemctl = `#!/usr/bin/env bash
case $1 in
  is-active) [ -e FOLDER/running ] ;;
  show) [[ $* != *--property=SubState* ]] || { cat FOLDER/unit-state 2>/dev/null || { [ -e FOLDER/running ] && echo active || echo inactive; }; exit; }
    [[ $* != *RequiredBy* ]] || exit 0; printf 'Id=%s\\nLoadState=loaded\\nUnitFileState=enabled\\nActiveState=%s\\nNeedDaemonReload=no\\n' x.service "$([ -e FOLDER/running ] && echo active || echo inactive)" ;;
  restart)
    [[ $* != *--no-block* ]] || { printf 'restart\\n' >>FOLDER/calls; exit 0; }
    printf 'restart\\n' >>FOLDER/calls
    rm -f FOLDER/running
    ! grep --quiet --no-messages crash FOLDER/etc/* || exit 1
    cat FOLDER/etc/* >FOLDER/running ;;
esac
`;

/**
 * A folder that stands for a host, and one service on it: rendered scripts run there for real, without root, with a stub of systemctl.
 * Owners are who runs the test.
 */
export class ConvergeHost {
  public readonly folder = mkdtempSync(path.join(tmpdir(), "converge-"));
  public readonly owner = userInfo().username;

  public constructor() {
    for (const name of ["bin", "etc"]) mkdirSync(path.join(this.folder, name));
    this.program("systemctl", systemctl);
    this.program("journalctl", "#!/bin/sh\necho 'the log of the service'\n");
    // The box's own disks are not waited for.
    this.program("sync", "#!/bin/sh\n");
  }

  /** Path of a file that the service reads. */
  public path(name: string): string {
    return path.join(this.folder, "etc", name);
  }

  public read(name: string): string {
    return readFileSync(path.join(this.folder, name), "utf8");
  }

  public write(name: string, content: string): void {
    writeFileSync(path.join(this.folder, name), content);
  }

  /** Restarts since the last call. */
  public restarts(): number {
    const file = path.join(this.folder, "calls");
    const lines = spawnSync("cat", [file], { encoding: "utf8" }).stdout.split("\n").length - 1;
    rmSync(file, { force: true });
    return lines;
  }

  /**
   * Runs a script.
   *
   * @param cutOffAt A line before which the run ends, as if the connection had been lost.
   */
  public run(script: string, cutOffAt?: string): ConvergeOutcome {
    const here = script.replaceAll("/var/lib/redoubt", path.join(this.folder, "state"));
    if (cutOffAt !== undefined && !here.includes(cutOffAt)) throw new Error(`the script has no ${cutOffAt}`);
    const input = cutOffAt === undefined ? here : here.replace(cutOffAt, `exit 9\n${cutOffAt}`);
    const { status, stdout, stderr } = spawnSync("bash", ["-s"], {
      input,
      encoding: "utf8",
      env: { ...process.env, PATH: `${path.join(this.folder, "bin")}:${process.env["PATH"] ?? ""}` },
    });
    const report = stdout.trim().split("\n").at(-1) ?? "";
    const changed = status === 0 ? (JSON.parse(report) as { changed: string[] }).changed : [];
    return { code: status ?? -1, stderr, changed };
  }

  /** Makes a program that scripts find before the box's own; `FOLDER` in its text is the folder of the host. */
  public program(name: string, text: string): void {
    writeFileSync(path.join(this.folder, "bin", name), text.replaceAll("FOLDER", this.folder), {
      mode: 0o755,
    });
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
