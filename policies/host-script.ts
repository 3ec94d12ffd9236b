import { isSecretScript, readScript } from "../components/plan/read-script";
import { memoize } from "./memo";
import { Undecided, type Finding, type Judged, type ResourceRule, type RuleInfo, resourceRule } from "./rule";

/** A file as it will lie on a host. */
export interface HostFile {
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  /** Octal, four digits. */
  readonly mode: string;
  readonly content: string;
}

/** What the script of a remote command writes. */
export interface HostScript {
  /** `plan`: the desired state of a phase. `secrets`: files with keys and certificates. */
  readonly kind: "plan" | "secrets";
  /** Name of the phase; empty for secrets. */
  readonly phase: string;
  readonly files: readonly HostFile[];
  readonly directories: readonly Omit<HostFile, "content">[];
}

/** The type of command that carries scripts to hosts. */
export const remoteCommand = "command:remote:Command";

/** A secrets script has no plan, but the same calls for its files; paths in it need no quotes. */
function readSecrets(stdin: string): HostScript | undefined {
  if (!isSecretScript(stdin)) return undefined;
  const files = [...stdin.matchAll(/^file (\S+) (\S+) (\S+) ([0-7]+) <<'(END_*)'\n([\s\S]*?)^\5$/gm)];
  return {
    kind: "secrets",
    phase: "",
    directories: [],
    files: files.map(([, path = "", owner = "", group = "", mode = "", , content = ""]) => ({
      path,
      owner,
      group,
      mode: mode.padStart(4, "0"),
      content,
    })),
  };
}

function read(stdin: string): HostScript | undefined {
  const plan = readScript(stdin);
  if (plan === undefined) return readSecrets(stdin);
  const { phase, files, directories } = plan;
  return { kind: "plan", phase, files, directories };
}

/** What a script does to its host; undefined for commands that carry none. @throws when it is a plan's and can't be read. */
export const readHostScript = memoize(read);

/** Whether the resource is a child of a component of that type; its URN says so, known or not what its script says. */
function isChildOf(resource: Judged, component: string): boolean {
  const types = resource.urn.split("::")[2] ?? "";
  return types.split("$").at(-2) === component;
}

function scriptOf(resource: Judged, kind: HostScript["kind"]): HostScript | undefined {
  // Which kind it can't be is known before the script is.
  if (isChildOf(resource, kind === "plan" ? "redoubt:plan:SecretFiles" : "redoubt:plan:ApplyPlan")) {
    return undefined;
  }
  const stdin: unknown = resource.props["stdin"];
  if (typeof stdin !== "string") return undefined;
  try {
    const script = readHostScript(stdin);
    return script?.kind === kind ? script : undefined;
  } catch (error) {
    // hosts-readable-script refuses it once, instead of every rule.
    throw new Undecided((error as Error).message);
  }
}

/** A rule on scripts of one kind. */
export function scriptRule(
  kind: HostScript["kind"],
  info: RuleInfo,
  check: (script: HostScript) => readonly Finding[],
): ResourceRule {
  return resourceRule([remoteCommand], info, (resource) => {
    const script = scriptOf(resource, kind);
    return script === undefined ? [] : check(script);
  });
}
