import type { HostExpectation } from "../../drift/compare-host";
import { HostFacts, type AccountFact, type PathFact } from "../../drift/host-facts";
import { certificatePaths, entriesOf } from "../../drift/look-script";
import type { ManifestEntry } from "../../components/plan/manifest";

/** What the programs of a host answer, by fact; a test changes what it is about. */
export interface HostAnswers {
  container: boolean;
  /** Seconds since 1970. */
  clock: string;
  ipv6: boolean;
  paths: Map<string, PathFact>;
  checksums: Map<string, string>;
  packages: Set<string>;
  accounts: AccountFact[];
  groups: Map<string, readonly string[]>;
  sysctls: Map<string, string>;
  units: Map<string, { load: string; file: string; active: string; dropIns: string }>;
  steps: { exit: number; output: string }[];
  sshd: string;
  sshdRoot: string;
  sockets: string[];
  guardedFolders: string[];
  certificateEnd: string;
  updates: string;
}

/** Answers of a host on which everything is as its manifest says. */
export function healthyAnswers({ promised }: HostExpectation): HostAnswers {
  const manifest = promised.map(({ entry }) => entry);
  const paths = new Map<string, PathFact>();
  for (const { kind, path, owner, group, mode } of entriesOf(manifest, "file", "directory")) {
    paths.set(path, { type: kind === "file" ? "f" : "d", owner, group, mode, target: "" });
  }
  const link = { type: "l", owner: "root", group: "root", mode: "0777" };
  for (const { path, target } of entriesOf(manifest, "link")) paths.set(path, { ...link, target });
  for (const { path, target } of entriesOf(manifest, "artifact")) {
    paths.set(
      path,
      target === undefined
        ? { type: "f", owner: "root", group: "root", mode: "0755", target: "" }
        : { ...link, target },
    );
  }
  const hashed = entriesOf(manifest, "file", "artifact");
  const users = entriesOf(manifest, "user");
  const memberships = users.flatMap((user) => user.groups.map((group) => [group, [user.name]] as const));
  return {
    container: false,
    clock: "1767323045\n",
    ipv6: true,
    paths,
    checksums: new Map(hashed.map(({ path, sha256 }) => [path, sha256])),
    packages: new Set(entriesOf(manifest, "package").map(({ name }) => name)),
    accounts: [
      { name: "root", uid: 0, shell: "/bin/bash" },
      { name: "nobody", uid: 65534, shell: "/usr/sbin/nologin" },
      ...users.map(({ name, shell }, index) => ({ name, uid: 1000 + index, shell })),
    ],
    groups: new Map<string, readonly string[]>([
      ...entriesOf(manifest, "group").map(({ name }): [string, string[]] => [name, []]),
      ...memberships.map(([group, members]): [string, readonly string[]] => [group, members]),
    ]),
    sysctls: new Map(entriesOf(manifest, "sysctl").map(({ key, value }) => [key, value])),
    units: new Map(
      entriesOf(manifest, "unit").map(({ name, enabled, state }) => [
        name,
        {
          load: "loaded",
          file: state === "masked" ? "masked" : enabled ? "enabled" : "disabled",
          active: state === "started" ? "active" : "inactive",
          dropIns: "",
        },
      ]),
    ),
    steps: entriesOf(manifest, "step").map(() => ({ exit: 0, output: "" })),
    sshd: "",
    sshdRoot: "",
    sockets: [],
    guardedFolders: [],
    certificateEnd: "notAfter=Jan  1 00:00:00 2100 GMT\n",
    updates: "",
  };
}

/** The answers as the look script prints them. */
export function printedFacts(manifest: readonly ManifestEntry[], answers: HostAnswers): string {
  const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join("");
  const told: (readonly [fact: string, exit: number, output: string])[] = [
    ["container", answers.container ? 0 : 1, ""],
    ["clock", 0, answers.clock],
    ["ipv6", answers.ipv6 ? 0 : 1, ""],
    [
      "paths",
      0,
      [...answers.paths]
        .map(([path, { type, owner, group, mode, target }]) =>
          [path, type, owner, group, mode.replace(/^0+(?=.)/, ""), target, ""].join("\0"),
        )
        .join(""),
    ],
    ["checksums", 0, [...answers.checksums].map(([path, sum]) => `${sum}  ${path}\0`).join("")],
    ["packages", 0, lines([...answers.packages].map((name) => `installed ${name}`))],
    [
      "accounts",
      0,
      lines(
        answers.accounts.map(({ name, uid, shell }) => `${name}:x:${uid}:${uid}::/home/${name}:${shell}`),
      ),
    ],
    ["groups", 0, lines([...answers.groups].map(([name, members]) => `${name}:x:100:${members.join(",")}`))],
    [
      "sysctls",
      0,
      lines([...answers.sysctls].map(([key, value]) => `/proc/sys/${key.replaceAll(".", "/")}:${value}`)),
    ],
    [
      "units",
      0,
      [...answers.units]
        .map(
          ([name, unit]) =>
            `Id=${name}\nNames=${name}\nLoadState=${unit.load}\nActiveState=${unit.active}\nUnitFileState=${unit.file}\nDropInPaths=${unit.dropIns}\n`,
        )
        .join("\n"),
    ],
    ["sshd", 0, answers.sshd],
    ["sshd-root", 0, answers.sshdRoot],
    ["sockets", 0, lines(answers.sockets)],
    ["guarded-folders", 0, answers.guardedFolders.map((path) => `${path}\0`).join("")],
    ["updates", 0, answers.updates],
    ...answers.steps.map(({ exit, output }, index) => [`step ${index}`, exit, output] as const),
    ...certificatePaths(manifest).map(
      (_, index) => [`certificate ${index}`, 0, answers.certificateEnd] as const,
    ),
  ];
  const facts = told.map(([fact, exit, output]) =>
    JSON.stringify({ fact, exit, output: Buffer.from(output).toString("base64") }),
  );
  return lines([...facts, '{"complete":true}']);
}

/** Facts of a host that is as it should be, but for what `change` does to its answers. */
export function factsOf(
  expectation: HostExpectation,
  change: (answers: HostAnswers) => void = () => undefined,
): HostFacts {
  const answers = healthyAnswers(expectation);
  change(answers);
  return HostFacts.parse(
    printedFacts(
      expectation.promised.map(({ entry }) => entry),
      answers,
    ),
  );
}
