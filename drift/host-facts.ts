import { z } from "zod";

/** One line of what `look.sh` prints: a fact is what a program of the host said, with its exit code. */
const factSchema = z.object({ fact: z.string(), exit: z.number().int(), output: z.base64() });

/** How timeout(1) ends a program that takes too long: by a signal, or by one that can't be ignored. */
const timedOut: ReadonlySet<number> = new Set([124, 137]);

/** What a program of the host said. */
export interface Answer {
  readonly exit: number;
  readonly output: string;
}

/** A path of the host as find(1) describes it. */
export interface PathFact {
  /** `f` file, `d` directory, `l` link; others as find(1) names them. */
  readonly type: string;
  readonly owner: string;
  readonly group: string;
  /** Octal, four digits. */
  readonly mode: string;
  /** Target of a link. */
  readonly target: string;
}

/** An account, as passwd(5). */
export interface AccountFact {
  readonly name: string;
  readonly uid: number;
  readonly shell: string;
}

/** A unit, as `systemctl show` describes it. */
export interface UnitFact {
  readonly load: string;
  /** As `enabled` or `static`. */
  readonly file: string;
  readonly active: string;
  /** Paths of drop-ins. */
  readonly dropIns: readonly string[];
}

/** A socket that takes connections or datagrams. */
export interface SocketFact {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  /** Program that holds it; empty when ss(8) did not say. */
  readonly program: string;
}

/** Everything that a look at a host gave, by the tools of the host. */
export class HostFacts {
  readonly #answers: ReadonlyMap<string, Answer>;

  private constructor(answers: ReadonlyMap<string, Answer>) {
    this.#answers = answers;
  }

  /**
   * Reads what the look script printed.
   *
   * @throws when a line is no fact, or the last line does not say that all were told: half a look must not pass for a whole one.
   */
  public static parse(stdout: string): HostFacts {
    const lines = stdout.split("\n").filter((line) => line !== "");
    if (lines.pop() !== '{"complete":true}') throw new Error("the look at the host was cut off");
    const facts = lines.map((line) => factSchema.parse(JSON.parse(line)));
    const decoded = facts.map(({ fact, exit, output }) => {
      return [fact, { exit, output: Buffer.from(output, "base64").toString("utf8") }] as const;
    });
    return new HostFacts(new Map(decoded));
  }

  /**
   * What a program said.
   *
   * @throws when it was never asked, or did not end in time: what it had not said yet would count as not there.
   */
  public answer(fact: string): Answer {
    const answer = this.#answers.get(fact);
    if (answer === undefined) throw new Error(`the look at the host lacks "${fact}"`);
    if (timedOut.has(answer.exit)) throw new Error(`the host did not answer "${fact}" in time`);
    return answer;
  }

  /** How a check ended, for which taking too long is an answer: undefined then. @throws when it was never asked. */
  public check(fact: string): Answer | undefined {
    const answer = this.#answers.get(fact);
    return answer !== undefined && timedOut.has(answer.exit) ? undefined : this.answer(fact);
  }

  /**
   * What a program said that fails only when it could not say all.
   *
   * @param expected The greatest exit code that is no failure.
   * @throws also when it failed: what it did not say would count as not there.
   */
  #whole(fact: string, expected = 0): string {
    const { exit, output } = this.answer(fact);
    if (exit > expected) throw new Error(`the host could not answer "${fact}" (exit ${exit})`);
    return output;
  }

  #lines(fact: string): string[] {
    return this.#whole(fact)
      .split("\n")
      .filter((line) => line !== "");
  }

  /** True when the host shares its kernel with others. */
  public get container(): boolean {
    return this.answer("container").exit === 0;
  }

  /** False where the kernel was booted without IPv6 (`ipv6.disable=1`), and so has no parameters of it. */
  public get ipv6(): boolean {
    return this.answer("ipv6").exit === 0;
  }

  /** What the host's clock showed during the look, to the second. @throws when it told none. */
  public get time(): Date {
    const seconds = this.#whole("clock").trim();
    if (!/^\d+$/.test(seconds))
      throw new Error(`the host's time is "${seconds}", which is no number of seconds`);
    return new Date(Number(seconds) * 1000);
  }

  /** Paths that exist, of those that were asked for. */
  public get paths(): ReadonlyMap<string, PathFact> {
    // find(1) ends with 1 where one of them is missing.
    const fields = this.#whole("paths", 1).split("\0");
    const found = new Map<string, PathFact>();
    for (let at = 0; at + 5 < fields.length; at += 6) {
      const [path = "", type = "", owner = "", group = "", mode = "", target = ""] = fields.slice(at, at + 6);
      found.set(path, { type, owner, group, mode: mode.padStart(4, "0"), target });
    }
    return found;
  }

  /** Hex sha256 of the files and artifacts that exist. */
  public get checksums(): ReadonlyMap<string, string> {
    const lines = this.answer("checksums").output.split("\0");
    const pairs = lines.map((line) => /^([0-9a-f]{64}) [ *](.+)$/s.exec(line));
    return new Map(pairs.flatMap((pair) => (pair === null ? [] : [[pair[2] ?? "", pair[1] ?? ""]])));
  }

  /** Names of the packages that are installed. */
  public get packages(): ReadonlySet<string> {
    const lines = this.#lines("packages");
    return new Set(
      lines.filter((line) => line.startsWith("installed ")).map((line) => line.slice("installed ".length)),
    );
  }

  public get accounts(): readonly AccountFact[] {
    const lines = this.#lines("accounts");
    return lines.map((line) => {
      const [name = "", , uid = "", , , , shell = ""] = line.split(":");
      return { name, uid: Number(uid), shell };
    });
  }

  /** Members of each group, those not counted whose primary group it is. */
  public get groups(): ReadonlyMap<string, readonly string[]> {
    const lines = this.#lines("groups");
    return new Map(
      lines.map((line) => {
        const [name = "", , , members = ""] = line.split(":");
        return [name, members.split(",").filter((member) => member !== "")];
      }),
    );
  }

  /** Kernel parameters by key, as `net.ipv4.ip_forward`. */
  public get sysctls(): ReadonlyMap<string, string> {
    const lines = this.answer("sysctls").output.split("\n");
    const pairs = lines.map((line) => /^\/proc\/sys\/([^:]+):(.*)$/.exec(line));
    return new Map(
      pairs.flatMap((pair) =>
        pair === null
          ? []
          : [[(pair[1] ?? "").replaceAll("/", "."), (pair[2] ?? "").replaceAll(/\s+/g, " ").trim()]],
      ),
    );
  }

  public get units(): ReadonlyMap<string, UnitFact> {
    const blocks = this.answer("units").output.split("\n\n");
    return new Map(
      blocks.flatMap((block) => {
        const value = (property: string): string =>
          new RegExp(`^${property}=(.*)$`, "m").exec(block)?.[1] ?? "";
        if (value("Id") === "") return [];
        const dropIns = value("DropInPaths")
          .split(" ")
          .filter((path) => path !== "");
        const fact = {
          load: value("LoadState"),
          file: value("UnitFileState"),
          active: value("ActiveState"),
          dropIns,
        };
        // A unit may go by another name than the plan's, as an alias.
        return [value("Id"), ...value("Names").split(" ")].map((name) => [name, fact] as const);
      }),
    );
  }

  /** Effective settings of sshd by keyword in lower case; `fact` says for whom. */
  public sshd(fact: "sshd" | "sshd-root"): ReadonlyMap<string, readonly string[]> {
    const settings = new Map<string, string[]>();
    for (const line of this.answer(fact).output.split("\n")) {
      const space = line.indexOf(" ");
      if (space < 0) continue;
      const keyword = line.slice(0, space);
      settings.set(keyword, [...(settings.get(keyword) ?? []), line.slice(space + 1)]);
    }
    return settings;
  }

  /** Sockets that wait for somebody. */
  public get sockets(): readonly SocketFact[] {
    const lines = this.#lines("sockets");
    return lines.map((line) => {
      const [protocol = "", , , , local = ""] = line.trim().split(/\s+/);
      const colon = local.lastIndexOf(":");
      const program = /users:\(\("([^"]+)"/.exec(line)?.[1] ?? "";
      return { protocol, address: local.slice(0, colon), port: Number(local.slice(colon + 1)), program };
    });
  }

  /** Files in the folders that hold nothing but the plan's. */
  public get guardedFolders(): readonly string[] {
    return this.#whole("guarded-folders")
      .split("\0")
      .filter((path) => path !== "");
  }
}
