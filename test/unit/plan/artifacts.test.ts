import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import { renderScript } from "../../../components/plan/script";
import { makeAuthority, makeServerCertificate } from "../../support/certificates";
import { ConvergeHost, type ConvergeOutcome } from "../../support/converge";

const program = "#!/bin/sh\necho released\n";
const sha256 = createHash("sha256").update(program).digest("hex");

/** What a host must never take, though it is what is pinned: it comes without TLS. */
const inClear = "#!/bin/sh\necho in clear\n";

/**
 * A server of files over TLS in a process of its own, because scripts are waited for; and one without TLS beside it, which would give
 * a host what it wants and notes who asked. It says the ports of both.
 */
const server = `
const { appendFileSync, readFileSync } = require("node:fs");
const [key, cert, folder, text, asked] = process.argv.slice(1);
const options = { key: readFileSync(key), cert: readFileSync(cert) };
let failures = 1;
const plain = require("node:http").createServer((request, response) => {
  appendFileSync(asked, request.url + "\\n");
  response.end(text);
}).listen(0, "127.0.0.1", () => {
  const other = plain.address().port;
  require("node:https").createServer(options, (request, response) => {
    if (request.url === "/busy" && failures-- > 0) return response.writeHead(503).end();
    if (request.url === "/moved") return response.writeHead(302, { location: "http://127.0.0.1:" + other + "/moved" }).end();
    try { response.end(readFileSync(folder + request.url.replace("busy", "program"))); } catch { response.writeHead(404).end(); }
  }).listen(0, "127.0.0.1", function () { console.log(this.address().port + " " + other); });
});
`;

describe("a program that a host downloads", () => {
  const host = new ConvergeHost();
  const target = path.join(host.folder, "installed", "program");
  let downloads: ChildProcess;
  let origin = "";
  let originInClear = "";
  const install = (url: string, pinned = sha256): ConvergeOutcome => {
    const artifact = { name: "program", version: "1", url, sha256: pinned, path: target };
    const script = renderScript(mergeFragments({ test: { artifacts: [artifact] } }), "test");
    // Packages are Debian's to have, and this folder is no Debian.
    return host.run(script.replace(/^packages .*$/m, ""));
  };

  before(async () => {
    const authority = makeAuthority("test");
    const { certificate, privateKey } = makeServerCertificate(authority, ["IP:127.0.0.1"]);
    for (const [name, text] of Object.entries({
      "ca.crt": authority.certificate,
      crt: certificate,
      key: privateKey,
    }))
      host.write(name, text);
    mkdirSync(path.join(host.folder, "www"));
    host.write("www/program", program);
    host.write("asked-in-clear", "");
    process.env["CURL_CA_BUNDLE"] = path.join(host.folder, "ca.crt");
    const files = ["key", "crt", "www"].map((name) => path.join(host.folder, name));
    const args = ["-e", server, ...files, inClear, path.join(host.folder, "asked-in-clear")];
    downloads = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [ports] = (await once(downloads.stdout ?? downloads, "data")) as [Buffer];
    const [port, portInClear] = ports.toString().trim().split(" ");
    origin = `https://127.0.0.1:${port}`;
    originInClear = `http://127.0.0.1:${portInClear}`;
  });
  after(() => {
    delete process.env["CURL_CA_BUNDLE"];
    downloads.kill();
    host.remove();
  });

  it("is refused when it is not what is pinned, and nothing is left of it", () => {
    const { code, stderr } = install(`${origin}/program`, "0".repeat(64));
    assert.notEqual(code, 0);
    assert.match(stderr, /artifact program 1: \S+ does not have the pinned sha256 0+; nothing was installed/);
    for (const file of [target, `${target}.redoubt-new`]) assert.ok(!existsSync(file), file);
  });

  it("is installed whole and executable, also when the server is busy at first", () => {
    assert.deepEqual(install(`${origin}/busy`).changed, ["artifact program 1"]);
    assert.equal(readFileSync(target, "utf8"), program);
    assert.equal(statSync(target).mode & 0o7777, 0o755);
  });

  it("is not asked for again while it is there", () => {
    downloads.kill("SIGSTOP");
    assert.deepEqual(install(`${origin}/program`).changed, []);
    downloads.kill("SIGCONT");
  });

  it("comes back when somebody wrote over it", () => {
    writeFileSync(target, "other");
    assert.deepEqual(install(`${origin}/program`).changed, ["artifact program 1"]);
    assert.equal(readFileSync(target, "utf8"), program);
  });

  for (const [what, wrong] of [
    ["comes without TLS", () => `${originInClear}/program`],
    ["leads away from TLS", () => `${origin}/moved`],
    ["is not there", () => `${origin}/other`],
  ] as const) {
    it(`leaves what is installed when its address ${what}, and says what to do`, () => {
      const { code, stderr } = install(wrong(), createHash("sha256").update(inClear).digest("hex"));
      assert.notEqual(code, 0);
      assert.match(stderr, /artifact program 1: \S+ can't be downloaded by this host.*hosts\.artifacts/);
      assert.equal(readFileSync(target, "utf8"), program);
      assert.equal(host.read("asked-in-clear"), "");
    });
  }
});

describe("a program that lies in a store", () => {
  const host = new ConvergeHost();
  const target = path.join(host.folder, "installed", "program");
  /** @param hasher The program that a host must have for the quick way; a name that nothing bears stands for a host without it. */
  const install = (pinned: string, hasher: string): ConvergeOutcome => {
    const url = `file://${path.join(host.folder, "stored")}`;
    const artifact = { name: "program", version: "1", url, sha256: pinned, path: target };
    const script = renderScript(mergeFragments({ test: { artifacts: [artifact] } }), "test");
    assert.ok(script.includes("command -v openssl"));
    return host.run(script.replace("command -v openssl", `command -v ${hasher}`));
  };
  before(() => {
    host.write("stored", program);
  });
  beforeEach(() => {
    rmSync(target, { force: true });
  });
  after(() => {
    host.remove();
  });

  for (const [where, hasher] of [
    ["with openssl", "openssl"],
    ["without it", "no-such-program"],
  ] as const) {
    it(`is checked on a host ${where}: what is pinned is installed, anything else is not`, () => {
      assert.match(install("0".repeat(64), hasher).stderr, /does not have the pinned sha256 0+/);
      assert.ok(!existsSync(target));
      assert.deepEqual(install(sha256, hasher).changed, ["artifact program 1"]);
      assert.equal(readFileSync(target, "utf8"), program);
      assert.deepEqual(install(sha256, hasher).changed, []);
    });
  }
});

describe("a plan with a program from the internet", () => {
  const artifact = { name: "a", version: "1", sha256, path: "/usr/local/bin/a" };
  const packagesOf = (url: string): readonly string[] =>
    mergeFragments({ test: { artifacts: [{ ...artifact, url }] } }).packages;

  it("has what downloads it, and one whose programs lie in a store has not", () => {
    assert.deepEqual(packagesOf("https://example.org/a"), ["ca-certificates", "curl"]);
    assert.deepEqual(packagesOf("file:///store/a"), []);
  });
});
