import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { commentMarker } from "../../../report/markdown";

const page = readFileSync(path.join(__dirname, "../../../docs/pull-requests.md"), "utf8");

/** The block of code of the page that begins so. */
function block(language: string, start: string): string {
  const found = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].find(
    ([, name, text = ""]) => name === language && text.startsWith(start),
  );
  assert.ok(found?.[2] !== undefined, start);
  return found[2];
}

interface Note {
  readonly id: number;
  body: string;
  readonly author: { readonly id: number };
}

const token = "a-token-of-a-project";
const me = 77;

describe("The note that the documentation writes on GitLab", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "gitlab-"));
  const script = path.join(folder, "comment.mjs");
  const report = path.join(folder, "report.md");
  let notes: Note[] = [];
  let server: Server | undefined;
  let address = "";

  /** Users and notes, newest first, a hundred at most an answer (docs.gitlab.com/api/notes, /api/rest "Pagination"). */
  function answer(method: string, url: URL, body: string): { status: number; value: unknown; next?: string } {
    if (url.pathname === "/user") return { status: 200, value: { id: me } };
    const id = /^\/projects\/1\/merge_requests\/9\/notes(?:\/(\d+))?$/.exec(url.pathname);
    if (id === null) return { status: 404, value: {} };
    if (method === "GET") {
      const number = Number(url.searchParams.get("page"));
      const value = notes.slice((number - 1) * 100, number * 100);
      return { status: 200, value, next: number * 100 < notes.length ? String(number + 1) : "" };
    }
    const text = z.object({ body: z.string().min(1) }).parse(JSON.parse(body)).body;
    const known = notes.find((note) => note.id === Number(id[1]));
    if (known !== undefined) known.body = text;
    else notes.unshift({ id: notes.length + 1, body: text, author: { id: me } });
    return { status: 200, value: {} };
  }

  const run = (stack: string): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      const env = {
        CI_API_V4_URL: address,
        CI_PROJECT_ID: "1",
        CI_MERGE_REQUEST_IID: "9",
        CI_JOB_URL: "https://gitlab.example/g/p/-/jobs/5",
        GITLAB_TOKEN: token,
      };
      execFile(process.execPath, [script, stack, report], { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
      });
    });

  before(async () => {
    writeFileSync(script, block("js", 'import { existsSync, readFileSync } from "node:fs";'));
    const started = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const allowed = request.headers["private-token"] === token;
        const url = new URL(request.url ?? "/", "http://gitlab");
        const found = allowed ? answer(request.method ?? "", url, body) : { status: 401, value: {} };
        response.writeHead(found.status, { "x-next-page": found.next ?? "" });
        response.end(JSON.stringify(found.value));
      });
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
    const bound = started.address();
    address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  });
  beforeEach(() => {
    notes = Array.from({ length: 250 }, (_, id) => ({ id: id + 1, body: "talk", author: { id: 5 } }));
    rmSync(report, { force: true });
  });
  after(() => {
    server?.close();
    rmSync(folder, { recursive: true });
  });

  const mine = (): string[] => notes.filter(({ author }) => author.id === me).map(({ body }) => body);

  it("is written once and then updated, on whatever page it stands", async () => {
    for (const text of ["first", "second"]) {
      writeFileSync(report, `${commentMarker("dev")}\n${text} & "quoted" ä\n`);
      assert.deepEqual(await run("dev"), { code: 0, output: "" });
      // Older than all others.
      notes = [...notes.slice(1), ...notes.slice(0, 1)];
      const link =
        "[The whole report, as HTML](https://gitlab.example/g/p/-/jobs/5/artifacts/file/report.html)";
      assert.deepEqual(mine(), [`${commentMarker("dev")}\n${text} & "quoted" ä\n\n${link}\n`]);
    }
  });

  it("touches no note of a person or of another stack", async () => {
    notes.push({ id: 900, body: `${commentMarker("dev")}\nfake`, author: { id: 5 } });
    notes.push({ id: 901, body: `${commentMarker("prod")}\nother`, author: { id: me } });
    writeFileSync(report, `${commentMarker("dev")}\nnew\n`);
    assert.equal((await run("dev")).code, 0);
    assert.deepEqual(
      mine().map((text) => text.split("\n")[1]),
      ["new", "other"],
    );
    assert.equal(notes.find(({ id }) => id === 900)?.body, `${commentMarker("dev")}\nfake`);
  });

  it("says so when there is no report", async () => {
    notes.push({ id: 902, body: `${commentMarker("dev")}\n## dev: nothing changes`, author: { id: me } });
    assert.equal((await run("dev")).code, 0);
    assert.match(mine().join("\n"), /^<!-- redoubt-preview-report:dev -->\n## dev: no report\n/);
  });

  it("is refused for a report of another stack, and shows no token when the server refuses", async () => {
    writeFileSync(report, `${commentMarker("prod")}\n`);
    const other = await run("dev");
    assert.notEqual(other.code, 0);
    assert.match(other.output, /does not begin with <!-- redoubt-preview-report:dev -->/);
    writeFileSync(report, `${commentMarker("dev")}\n`);
    const whole = address;
    address = `${whole}/nothing`;
    const refused = await run("dev");
    address = whole;
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /answered 404/);
    assert.ok(!refused.output.includes(token));
  });

  it("is written by a program that the jobs' image has", () => {
    const jobs = z
      .looseObject({
        default: z.object({ image: z.string() }).loose(),
        preview: z.looseObject({ after_script: z.array(z.string()) }),
      })
      .parse(parse(block("yaml", "stages:")));
    assert.match(jobs.default.image, /^node:\d+-bookworm$/);
    assert.deepEqual(jobs.preview.after_script, ['node .gitlab/comment.mjs "$STACK" report.md']);
  });
});

describe("The up that the documentation writes on GitLab", () => {
  const { script } = z
    .looseObject({ up: z.looseObject({ script: z.array(z.string()) }) })
    .parse(parse(block("yaml", "stages:"))).up;
  const own = "a".repeat(40);
  /** Runs its lines as a runner does, up to what would change the stack, where the branch is at that commit. */
  const run = (main: string): { status: number | null; stdout: string; stderr: string } => {
    const git = `git() { [ "$*" = "ls-remote origin refs/heads/main" ] && ${main}; }`;
    const env = { ...process.env, STACK: "dev", CI_DEFAULT_BRANCH: "main", CI_COMMIT_SHA: own };
    const lines = ["set -eo pipefail", git, 'npm() { echo "$2"; }', ...script];
    return spawnSync("bash", ["-c", lines.join("\n")], { env, encoding: "utf8" });
  };
  const at = (commit: string): string => `printf '%s\\trefs/heads/main\\n' ${commit}`;

  it("changes the stack where its commit is the newest of the branch", () => {
    const { status, stdout } = run(at(own));
    assert.deepEqual([status, stdout], [0, "preview-report\nup\n"]);
  });

  it("changes nothing where the branch has gone on since, so that no stack goes back", () => {
    const { status, stdout, stderr } = run(at("b".repeat(40)));
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^main is at b{40} by now, nothing is changed$/m);
  });

  it("changes nothing where the branch can't be seen, or there is none", () => {
    for (const main of ["false", "true"]) {
      const { status, stdout } = run(main);
      assert.notEqual(status, 0, main);
      assert.equal(stdout, "", main);
    }
  });
});
