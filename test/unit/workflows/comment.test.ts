import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { compileFunction } from "node:vm";
import { commentMarker, githubCommentLimit } from "../../../report/markdown";
import { readWorkflows } from "./workflows";

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly login: string };
}

/** The script that writes the comment, as it stands in the workflow. */
function commentScript(): string {
  const workflow = readWorkflows().find(({ file }) => file === "preview.yml")?.workflow;
  const script = workflow?.jobs["comment"]?.steps.at(-1)?.with?.["script"];
  assert.equal(typeof script, "string");
  return String(script);
}

/**
 * Runs the script as actions/github-script does, against comments that are there, and gives what it wrote.
 *
 * @param touched "unknown" when the job that looks failed.
 */
async function runScript(
  folder: string,
  comments: readonly Comment[],
  touched: readonly string[] | "unknown" = ["dev"],
): Promise<Record<string, unknown>[]> {
  const written: Record<string, unknown>[] = [];
  const record =
    (verb: string) =>
    (args: Record<string, unknown>): Promise<void> => {
      written.push({ verb, ...args });
      return Promise.resolve();
    };
  const listComments = Symbol("listComments");
  const github = {
    rest: { issues: { listComments, createComment: record("create"), updateComment: record("update") } },
    paginate: (endpoint: unknown, args: { per_page: number }) => {
      assert.equal(endpoint, listComments);
      assert.equal(args.per_page, 100);
      return Promise.resolve(comments);
    },
  };
  const context = {
    repo: { owner: "owner", repo: "repo" },
    payload: { pull_request: { number: 7 } },
    serverUrl: "https://github.example",
    runId: 42,
  };
  const nodeFs = createRequire(__filename)("node:fs") as typeof import("node:fs");
  const inFolder = (name: string): string => path.join(folder, name);
  const requireFor = (): unknown => ({
    existsSync: (name: string) => nodeFs.existsSync(inFolder(name)),
    readFileSync: (name: string) => nodeFs.readFileSync(inFolder(name), "utf8"),
  });
  const body = `return (async () => {${commentScript()}})();`;
  const run = compileFunction(body, ["github", "context", "require", "process"]) as (
    ...args: unknown[]
  ) => Promise<void>;
  await run(github, context, requireFor, {
    env: { TOUCHED: touched === "unknown" ? "" : JSON.stringify(touched) },
  });
  return written;
}

let folder = "";
function report(environment: string, text: string): void {
  mkdirSync(path.join(folder, "previews", environment), { recursive: true });
  writeFileSync(path.join(folder, "previews", environment, "report.md"), text);
}
const bot = { login: "github-actions[bot]" };

describe("the comment of a preview", () => {
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "comment-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is written once for each environment, with a link to the whole report", async () => {
    report("dev", `${commentMarker("dev")}\n## dev\n`);
    report("prod", `${commentMarker("prod")}\n## prod\n`);
    const written = await runScript(folder, [], ["dev", "prod"]);
    assert.deepEqual(
      written.map(({ verb, issue_number }) => [verb, issue_number]),
      [
        ["create", 7],
        ["create", 7],
      ],
    );
    assert.match(
      String(written[0]?.["body"]),
      /^<!-- redoubt-preview-report:dev -->[\s\S]*actions\/runs\/42#artifacts/,
    );
  });

  it("updates itself, on whatever page it stands", async () => {
    report("dev", `${commentMarker("dev")}\nnew\n`);
    const others = Array.from({ length: 250 }, (_, id) => ({ id, body: "talk", user: { login: "person" } }));
    const written = await runScript(folder, [
      ...others,
      { id: 900, body: `${commentMarker("dev")}\nold`, user: bot },
    ]);
    assert.deepEqual(
      written.map(({ verb, comment_id }) => [verb, comment_id]),
      [["update", 900]],
    );
  });

  it("touches no other comment: of a person who quotes the marker, of another environment", async () => {
    for (const environment of ["dev", "dev-two"]) report(environment, `${commentMarker(environment)}\nnew\n`);
    const comments = [
      { id: 1, body: `${commentMarker("dev")}\nfake`, user: { login: "person" } },
      { id: 2, body: `${commentMarker("dev-two")}\nother`, user: bot },
      { id: 3, body: `see ${commentMarker("dev")}`, user: bot },
    ];
    const written = await runScript(folder, comments, ["dev", "dev-two"]);
    assert.deepEqual(
      written.map(({ verb, comment_id }) => [verb, comment_id]),
      [
        ["create", undefined],
        ["update", 2],
      ],
    );
  });

  it("is never longer than GitHub takes", async () => {
    report("dev", `${commentMarker("dev")}\n`.padEnd(githubCommentLimit, "x"));
    const [written] = await runScript(folder, []);
    assert.equal(String(written?.["body"]).length, githubCommentLimit);
  });

  it("says so when there is no report, so that nobody takes the last one for this change's", async () => {
    const old = { id: 900, body: `${commentMarker("dev")}\n## dev: nothing changes`, user: bot };
    const [written] = await runScript(folder, [old]);
    assert.deepEqual([written?.["verb"], written?.["comment_id"]], ["update", 900]);
    assert.match(
      String(written?.["body"]),
      /^<!-- redoubt-preview-report:dev -->\n## dev: no report\n[\s\S]*actions\/runs\/42\)/,
    );
    assert.doesNotMatch(String(written?.["body"]), /nothing changes/);
  });

  it("says so of every environment when nobody could tell which are touched", async () => {
    const comments = ["dev", "prod", "prod"].map((environment, id) => ({
      id,
      body: `${commentMarker(environment)}\nold`,
      user: bot,
    }));
    const talk = { id: 7, body: `${commentMarker("staging")}\nfake`, user: { login: "person" } };
    const written = await runScript(folder, [...comments, talk], "unknown");
    assert.deepEqual(
      written.map(({ verb, comment_id, body }) => [verb, comment_id, String(body).split("\n")[1]]),
      [
        ["update", 0, "## dev: no report"],
        ["update", 1, "## prod: no report"],
      ],
    );
    assert.deepEqual(await runScript(folder, [talk], "unknown"), []);
  });

  it("is taken back when a later push no longer touches its environment", async () => {
    report("prod", `${commentMarker("prod")}\nnew\n`);
    const comments = ["dev", "prod"].map((environment, id) => ({
      id,
      body: `${commentMarker(environment)}\nold`,
      user: bot,
    }));
    const talk = { id: 7, body: `${commentMarker("staging")}\nfake`, user: { login: "person" } };
    const written = await runScript(folder, [...comments, talk], ["prod"]);
    assert.deepEqual(
      written.map(({ verb, comment_id, body }) => [verb, comment_id, String(body).split("\n")[1]]),
      [
        ["update", 1, "new"],
        ["update", 0, "## dev: not touched any more"],
      ],
    );
    assert.deepEqual(await runScript(folder, [talk], []), []);
  });

  it("takes no name from the pull request's code that leads out of the reports", async () => {
    await assert.rejects(runScript(folder, [], ["x/../../dev"]), /no name of an environment/);
  });

  it("is refused for a report of another environment", async () => {
    report("dev", `${commentMarker("prod")}\n`);
    await assert.rejects(runScript(folder, []), /does not begin with its marker/);
  });
});
