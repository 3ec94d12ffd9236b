import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { registryFragment, registryLoginFiles, type Registry } from "../../../components/node/registries";
import { renderScript } from "../../../components/plan/script";
import { contentsOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import { assertShellcheckClean } from "../../support/shellcheck";
import { nodePlan } from "./plan";

const folder = "/etc/containerd/certs.d";
const loginFile = "/etc/containerd/registry-logins.toml";
const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
const registry = (host: string, more: Partial<Registry> = {}): Registry => ({
  host,
  mirrors: [],
  fallback: false,
  ...more,
});
const mirror = (url: string, overridePath = false): Registry["mirrors"][number] => ({ url, overridePath });

/** Everything that can be said of registries. */
const company: readonly Registry[] = [
  registry("docker.io", { mirrors: [mirror("https://harbor.example.com/v2/docker-hub", true)] }),
  registry("harbor.example.com", { certificateAuthority: pem, username: "hosts" }),
  registry("quay.io", {
    mirrors: [mirror("https://harbor.example.com"), mirror("https://mirror.example.com:5000")],
    fallback: true,
  }),
  registry("registry.example.com:5000", { certificateAuthority: `${pem}\n`, username: "robot" }),
  registry("_default", { mirrors: [mirror("https://harbor.example.com")] }),
];

/** The one `hosts.toml` of these. */
const hostsOf = (...registries: readonly Registry[]): string => {
  const files = registryFragment(registries).files ?? [];
  return files.find((file) => file.path.endsWith("/hosts.toml"))?.content ?? "";
};
/** Servers in the order in which they are asked, those included that stand twice. */
const asked = (hosts: string): string[] => [
  ...[...hosts.matchAll(/^\[host\."(.*)"\]$/gm)].map(([, url = ""]) => url),
  ...[...hosts.matchAll(/^server = "(.*)"$/gm)].map(([, url = ""]) => url),
];

describe("the registries of a host", () => {
  const plain = contentsOf(nodePlan("worker-0"));

  it("are these files", () => {
    const files = Object.entries(contentsOf(nodePlan("worker-0", company)));
    assertGolden("node-registries", Object.fromEntries(files.filter(([name, text]) => plain[name] !== text)));
  });

  it("are none where none is named: containerd then goes by the name of an image", () => {
    assert.deepEqual(registryFragment([]), { absent: [loginFile] });
    assert.doesNotMatch(Object.values(plain).join(""), /certs\.d|registry-logins/);
  });

  it("are asked themselves where they have no mirror", () => {
    const own = "https://registry.example.com:5000";
    assert.deepEqual(asked(hostsOf(registry("registry.example.com:5000"))), [own, own]);
  });

  it("are not asked where they have mirrors, of which the last one is the last of all", () => {
    const mirrors = [mirror("https://a.example"), mirror("https://b.example")];
    const [first, second] = ["https://a.example", "https://b.example"];
    assert.deepEqual(asked(hostsOf(registry("quay.io", { mirrors }))), [first, second, second]);
    assert.deepEqual(asked(hostsOf(registry("quay.io", { mirrors: mirrors.slice(0, 1) }))), [first, first]);
  });

  it("are asked after their mirrors where they may be, Docker Hub by the name of its server", () => {
    const more = { mirrors: [mirror("https://a.example")], fallback: true };
    assert.deepEqual(asked(hostsOf(registry("quay.io", more))), ["https://a.example", "https://quay.io"]);
    assert.deepEqual(asked(hostsOf(registry("docker.io", more))), [
      "https://a.example",
      "https://registry-1.docker.io",
    ]);
    // Whichever it is that has no entry.
    assert.deepEqual(asked(hostsOf(registry("_default", more))), ["https://a.example"]);
  });

  it("do not stand for images that come from archives, which are nobody's else", () => {
    const files = (registries: readonly Registry[]): ReadonlyMap<string, string> =>
      new Map((registryFragment(registries).files ?? []).map((file) => [file.path, file.content]));
    const ofArchives = `${folder}/redoubt.local/hosts.toml`;
    const all = registry("_default", { mirrors: [mirror("https://a.example")] });
    const own = "https://redoubt.local";
    assert.deepEqual(asked(files([all]).get(ofArchives) ?? ""), [own, own]);
    assert.equal(files([registry("quay.io")]).has(ofArchives), false);
  });

  it("have a table of a host each: containerd passes a file without one over, and asks the registry itself", () => {
    for (const entry of company) assert.match(hostsOf(entry), /^\[host\."https:\/\/.+"\]$/m, entry.host);
  });

  it("are never asked to be pushed to, without TLS, or without a look at their certificate", () => {
    for (const entry of company) {
      const text = hostsOf(entry);
      assert.doesNotMatch(text, /push|skip_verify|http:/, entry.host);
      const servers = asked(text).length;
      assert.equal(text.match(/capabilities = \["pull", "resolve"\]/g)?.length, servers, entry.host);
    }
  });

  it("have authorities of their own, each for its server alone, the last one of all included", () => {
    const trusted = registry("a.example", { certificateAuthority: pem });
    const mirrored = registry("quay.io", {
      mirrors: [mirror("https://a.example"), mirror("https://a.example:5000")],
    });
    const file = `${folder}/a.example/ca.crt`;
    const hosts = hostsOf(mirrored, trusted);
    assert.match(hosts, new RegExp(`\\[host."https://a.example"\\]\n  cap.*\n  ca = "${file}"\n\n`));
    assert.equal(hosts.match(/^ *ca =/gm)?.length, 1);
    assert.equal(hostsOf(trusted).match(new RegExp(`^ *ca = "${file}"$`, "gm"))?.length, 2);
    const hub = hostsOf(registry("docker.io", { certificateAuthority: pem }));
    assert.match(hub, new RegExp(`^ca = "${folder}/docker.io/ca.crt"$`, "m"));
  });

  it("have their authorities on the disk before somebody is told to go by them", () => {
    const paths = (registryFragment(company).files ?? []).map((file) => path.basename(file.path));
    assert.ok(paths.lastIndexOf("ca.crt") < paths.indexOf("hosts.toml"), paths.join(" "));
  });

  it("may change without a restart of anything", () => {
    const units = (registries: readonly Registry[]): string[] =>
      renderScript(nodePlan("worker-0", registries), "node")
        .split("\n")
        .filter((line) => /^unit |^restarts\[/.test(line));
    assert.deepEqual(units(company), units(company.slice(0, 2)));
    // But for the first of all, and of all logins, which the runtime's own configuration has.
    assert.notDeepEqual(units(company), units([]));
    assert.notDeepEqual(units(company), units([registry("quay.io")]));
  });
});

describe("what somebody else put beside them", () => {
  let host = "";
  beforeEach(() => {
    host = mkdtempSync(path.join(tmpdir(), "registries-"));
    for (const name of ["docker.io", "evil.example"]) {
      mkdirSync(path.join(host, name));
      writeFileSync(path.join(host, name, "hosts.toml"), "");
    }
  });
  afterEach(() => {
    rmSync(host, { recursive: true });
  });
  const [step] =
    registryFragment([registry("docker.io", { mirrors: [mirror("https://a.example")] })]).steps ?? [];
  assert.ok(step);
  const run = (words: readonly string[]): { code: number | null; said: string[] } => {
    const [program = "", ...args] = words.map((word) => word.replaceAll(folder, host));
    const { status, stdout } = spawnSync(program, args, { encoding: "utf8" });
    return { code: status, said: stdout.replaceAll(host, "").split("\n").filter(Boolean).sort() };
  };

  it("is found, told, and taken away, with all that is in it", () => {
    assert.deepEqual(run(step.unless), { code: 1, said: ["/evil.example", "/evil.example/hosts.toml"] });
    assert.equal(run(step.command).code, 0);
    assert.deepEqual(readdirSync(host, { recursive: true }).sort(), ["docker.io", "docker.io/hosts.toml"]);
    assert.deepEqual(run(step.unless), { code: 0, said: [] });
  });

  it("is found in the folder of a registry that is named, too", () => {
    rmSync(path.join(host, "evil.example"), { recursive: true });
    writeFileSync(path.join(host, "docker.io", "evil.crt"), "");
    assert.deepEqual(run(step.unless), { code: 1, said: ["/docker.io/evil.crt"] });
  });

  it("can't be looked for where the folder is missing, which is no answer", () => {
    rmSync(host, { recursive: true });
    assert.equal(run(step.unless).code, 1);
    mkdirSync(host);
  });
});

describe("the logins of registries", () => {
  const passwords = { "harbor.example.com": "of the hosts", "registry.example.com:5000": 'a "\\ \x7fü' };

  it("are one secret file of root's, whose change restarts who reads it", () => {
    const [file, ...others] = registryLoginFiles(company, passwords);
    assert.deepEqual(others, []);
    const { content, ...rest } = file ?? {};
    assert.deepEqual(rest, {
      path: loginFile,
      owner: "root",
      group: "root",
      mode: "0600",
      restart: ["redoubt-prepare-node.service", "containerd.service"],
    });
    assert.equal(
      content,
      `# A part of containerd's configuration, which it is joined to when the host boots.

[plugins."io.containerd.grpc.v1.cri".registry.configs."harbor.example.com".auth]
  username = "hosts"
  password = "of the hosts"

[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example.com:5000".auth]
  username = "robot"
  password = "a \\"\\\\ \\u007fü"
`,
    );
  });

  it("are sent to the server of Docker Hub by its name", () => {
    const [file] = registryLoginFiles([registry("docker.io", { username: "me" })], { "docker.io": "mine" });
    assert.match(file?.content ?? "", /configs\."registry-1\.docker\.io"\.auth\]/);
  });

  it("are no file where nobody logs in, and the one of before is taken away", () => {
    assert.deepEqual(registryLoginFiles([registry("docker.io")], {}), []);
    assert.deepEqual(registryFragment([registry("docker.io")]).absent, [loginFile]);
    assert.deepEqual(registryFragment(company).absent, []);
  });

  it("are not guessed: a user without a password is an error", () => {
    assert.throws(() => registryLoginFiles(company, {}), /user hosts of registry harbor.example.com has no/);
  });

  describe("where the runtime is made ready at boot", () => {
    const script = contentsOf(nodePlan("worker-0", company))["/usr/local/libexec/redoubt/prepare-node"] ?? "";
    let host = "";
    beforeEach(() => {
      host = mkdtempSync(path.join(tmpdir(), "logins-"));
      writeFileSync(path.join(host, "config.toml.in"), "oom = @RESTRICT_OOM@\n");
    });
    afterEach(() => {
      rmSync(host, { recursive: true });
    });
    /** Runs the part of the script that writes the configuration. */
    const prepare = (): { mode: string; content: string } => {
      const [, part = ""] = /^(install [\s\S]*^mv .*\n)/m.exec(script) ?? [];
      const here = part.replaceAll("/run/redoubt/", `${host}/`).replaceAll("/etc/containerd/", `${host}/`);
      const text = `set -euo pipefail\ndriver=systemd restrict_oom=false\n${here}`;
      const { status, stderr } = spawnSync("bash", ["-c", text], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      const file = path.join(host, "containerd.toml");
      return { mode: (statSync(file).mode & 0o777).toString(8), content: readFileSync(file, "utf8") };
    };

    it("are joined to its configuration, which nobody but root reads then, a leftover neither", () => {
      writeFileSync(path.join(host, "registry-logins.toml"), "password\n");
      writeFileSync(path.join(host, "containerd.toml.new"), "", { mode: 0o644 });
      assert.deepEqual(prepare(), { mode: "600", content: "oom = false\npassword\n" });
    });

    it("may be missing: what needs no login is pulled all the same", () => {
      assert.deepEqual(prepare(), { mode: "600", content: "oom = false\n" });
    });

    it("leave a clean script, and are none of its business where there are none", () => {
      assertShellcheckClean(script);
      const without = contentsOf(nodePlan("worker-0", [registry("docker.io")]));
      assert.equal(
        without["/usr/local/libexec/redoubt/prepare-node"],
        contentsOf(nodePlan("worker-0"))["/usr/local/libexec/redoubt/prepare-node"],
      );
    });
  });
});
