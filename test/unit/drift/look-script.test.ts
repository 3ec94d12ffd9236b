import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { HostFacts } from "../../../drift/host-facts";
import {
  certificatePaths,
  guardedFolders,
  renderContentScript,
  renderLookScript,
} from "../../../drift/look-script";
import { manifestOf, type EntryOf, type ManifestEntry } from "../../../components/plan/manifest";
import { readScript } from "../../../components/plan/read-script";
import { renderScript } from "../../../components/plan/script";
import { assertShellcheckClean } from "../../support/shellcheck";
import { controlPlanePlan } from "../control-plane/plan";
import { nodePlan } from "../node/plan";

const folder = mkdtempSync(path.join(tmpdir(), "look-"));
after(() => {
  rmSync(folder, { recursive: true });
});

function runScript(script: string): HostFacts {
  const { stdout, error } = spawnSync("bash", ["-s"], { input: script, encoding: "utf8" });
  if (error) throw error;
  return HostFacts.parse(stdout);
}

const strange = path.join(folder, 'it\'s a "file"');

function plainFile(file: string): EntryOf<"file"> {
  return { kind: "file", path: file, owner: "root", group: "root", mode: "0640", sha256: "", shown: "" };
}

describe("certificates that drift looks at", () => {
  it("are kubeconfigs too, wherever they lie: their text is nobody's to see", () => {
    const hidden = (path: string): ManifestEntry => {
      const entry = { kind: "file", path, owner: "root", group: "root", mode: "0600", sha256: "" } as const;
      return { ...entry, shown: undefined };
    };
    const kubeconfigs = [
      "/etc/kubernetes/super-admin.conf",
      "/etc/dex/kubeconfig",
      "/etc/kubernetes/x/kubeconfig",
    ];
    assert.deepEqual(certificatePaths([...kubeconfigs, "/etc/kubernetes/sa.key"].map(hidden)), kubeconfigs);
  });

  it("are none that stand inside of another file, where openssl does not see them", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const containing = (file: string, shown: string): ManifestEntry => ({ ...plainFile(file), shown });
    const manifest = [
      containing("/etc/x.crt", pem),
      containing("/etc/key-first.pem", `-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n${pem}`),
      containing("/etc/x.yaml", `authority: |\n${pem.replaceAll(/^(?=.)/gm, "  ")}`),
    ];
    assert.deepEqual(certificatePaths(manifest), ["/etc/x.crt", "/etc/key-first.pem"]);
  });
});

describe("a look script, run on this box", () => {
  let facts: HostFacts;
  before(() => {
    writeFileSync(strange, "content\n", { mode: 0o640 });
    symlinkSync("/nowhere", path.join(folder, "link"));
    writeFileSync(
      path.join(folder, "kubeconfig"),
      spawnSync("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-keyout", "-", "-subj", "/CN=x", "-days", "3"],
      ]).stdout,
    );
    const manifest: ManifestEntry[] = [
      plainFile(strange),
      plainFile(path.join(folder, "missing")),
      { kind: "directory", path: folder, owner: "root", group: "root", mode: "0700" },
      { kind: "link", path: path.join(folder, "link"), target: "/nowhere" },
      { kind: "sysctl", key: "kernel.ostype", value: "Linux", namespaced: false },
      { kind: "sysctl", key: "kernel.no_such_parameter", value: "1", namespaced: false },
      { kind: "step", description: "holds", unless: ["true"] },
      { kind: "step", description: "does not", unless: ["bash", "-c", "echo why; echo more >&2; exit 3"] },
      { ...plainFile(path.join(folder, "kubeconfig")), shown: "-----BEGIN CERTIFICATE-----" },
    ];
    facts = runScript(renderLookScript(manifest));
  });

  it("describes what is there, by owner, mode and type", () => {
    assert.deepEqual(
      [...facts.paths].map(([name, { type, mode, target }]) => [path.basename(name), type, mode, target]),
      [
        ['it\'s a "file"', "f", "0640", ""],
        [path.basename(folder), "d", "0700", ""],
        ["link", "l", "0777", "/nowhere"],
        [
          "kubeconfig",
          "f",
          statSync(path.join(folder, "kubeconfig")).mode.toString(8).slice(-4).padStart(4, "0"),
          "",
        ],
      ],
    );
  });

  it("tells the time", () => {
    assert.ok(Math.abs(facts.time.getTime() - Date.now()) < 60_000, facts.time.toISOString());
  });

  it("gives checksums of what is there", () => {
    assert.equal(
      facts.checksums.get(strange),
      "434728a410a78f56fc1b5899c3593436e61ab0c731e9072d95e96db290205e53",
    );
    assert.equal(facts.checksums.has(path.join(folder, "missing")), false);
  });

  it("reads kernel parameters; one that is not there is left out", () => {
    assert.deepEqual([...facts.sysctls], [["kernel.ostype", "Linux"]]);
  });

  it("runs the checks of steps and keeps what they say", () => {
    assert.deepEqual(facts.answer("step 0"), { exit: 0, output: "" });
    assert.deepEqual(facts.answer("step 1"), { exit: 3, output: "why\nmore\n" });
  });

  it("reads the life of a certificate, whatever key stands before it", () => {
    const { output } = facts.answer("certificate 0");
    assert.match(output, /^notBefore=.+\nnotAfter=.+\n$/);
    assert.doesNotMatch(output, /PRIVATE KEY/);
  });

  it("knows accounts, groups and packages", () => {
    assert.ok(facts.accounts.some(({ name, uid }) => name === "root" && uid === 0));
    assert.ok(facts.groups.has("sudo"));
    assert.ok(facts.packages.has("bash"));
  });

  it("lists the files of guarded folders, though this box has not all of these", () => {
    const folders = new Set(facts.guardedFolders.map((file) => path.dirname(file)));
    assert.deepEqual(
      [...folders].filter((found) => !guardedFolders.some((guarded) => found.startsWith(guarded))),
      [],
    );
  });

  it("changes nothing", () => {
    assert.deepEqual(readdirSync(folder).sort(), ['it\'s a "file"', "kubeconfig", "link"]);
  });

  it("gives contents, to the byte", () => {
    assert.deepEqual(runScript(renderContentScript([strange])).answer("content 0"), {
      exit: 0,
      output: "content\n",
    });
  });
});

describe("a look script", () => {
  for (const [name, plan] of [
    ["control plane", controlPlanePlan],
    ["node", nodePlan("worker-0")],
  ] as const) {
    it(`of a ${name} is clean`, () => {
      const script = readScript(renderScript(plan, "test"));
      assert.ok(script);
      assertShellcheckClean(renderLookScript(manifestOf(script)));
    });
  }

  it("finds the openssl that it asks for on every node: the plan has it", () => {
    assert.match(renderLookScript([plainFile("/etc/kubernetes/kubelet.conf")]), /\ncertificate_dates /);
    assert.ok(nodePlan("worker-0").packages.includes("openssl"));
  });

  it("asks no tool about nothing, which would be about everything", () => {
    const script = renderLookScript([]);
    for (const fact of ["paths", "checksums", "sysctls", "units"]) {
      assert.match(script, new RegExp(`\\nfact ${fact} true\\n`));
    }
  });

  it("whose answer was cut off is no answer", () => {
    assert.throws(() => HostFacts.parse('{"fact":"container","exit":1,"output":""}\n'), /was cut off/);
    assert.throws(() => HostFacts.parse(""), /was cut off/);
  });
});
