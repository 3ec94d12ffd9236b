import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { rules } from "./rules";
import { parseWorkflow, readWorkflows, type Step } from "./workflows";

const files = readWorkflows();

function stepsOf(file: string, job: string): Step[] {
  const found = files.find((candidate) => candidate.file === file)?.workflow.jobs[job];
  assert.ok(found, `${file} has no job ${job}`);
  return found.steps;
}

describe("the workflows", () => {
  it("are there: preview, up, drift, test", () => {
    const names = files.map(({ file }) => file);
    for (const name of ["preview.yml", "up.yml", "drift.yml", "test.yml"])
      assert.ok(names.includes(name), name);
  });

  for (const [rule, check] of Object.entries(rules)) {
    for (const { file, workflow, text } of files) {
      it(`${file} ${rule}`, () => {
        assert.deepEqual(check(workflow, text), []);
      });
    }
  }

  it("run scripts that a shell understands", () => {
    const scripts = files.flatMap(({ file, workflow }) =>
      Object.values(workflow.jobs).flatMap(({ steps }) =>
        steps.flatMap(({ run }) => (run === undefined ? [] : [{ file, run }])),
      ),
    );
    assert.ok(scripts.length >= 6);
    for (const { file, run } of scripts) {
      // GitHub's own shell line: bash -e, with pipefail where bash is asked for.
      const checked = spawnSync("shellcheck", ["--shell", "bash", "--severity", "style", "-"], {
        input: `set -e\n${run}`,
        encoding: "utf8",
      });
      assert.equal(checked.status, 0, `${file}: ${checked.stdout}${checked.stderr}`);
    }
  });

  it("let up wait for the protection of its environment, and stop before a mandatory violation", () => {
    const job = files.find(({ file }) => file === "up.yml")?.workflow.jobs["up"];
    assert.equal(job?.environment, "${{ matrix.environment }}");
    const commands = stepsOf("up.yml", "up").map(({ run }) => run ?? "");
    const report = commands.findIndex((run) => run.includes("npm run preview-report"));
    const up = commands.findIndex((run) => run.includes("npm run up"));
    assert.ok(report >= 0 && report < up);
    // Neither goes on after a failure.
    assert.ok([report, up].every((index) => !(commands[index] ?? "").includes("||")));
  });

  it("lay out one report as many, under the name of its environment", () => {
    // The action leaves an artifact's name out where there is only one of them, unless all are merged.
    const uses = (job: string, action: string): Step | undefined =>
      stepsOf("preview.yml", job).find((step) => step.uses?.startsWith(`${action}@`) === true);
    assert.equal(uses("preview", "actions/upload-artifact")?.with?.["path"], "preview/");
    assert.equal(uses("comment", "actions/download-artifact")?.with?.["merge-multiple"], true);
    const [script] = stepsOf("preview.yml", "preview").flatMap(({ run }) =>
      run?.includes("npm run preview-report") === true ? [run] : [],
    );
    assert.match(script ?? "", /--markdown "preview\/\$STACK\/report\.md"/);
  });

  it("end a preview that gave no report where that happened, and keep a report that says no", () => {
    const script = stepsOf("preview.yml", "preview").find(({ name }) => name === "Preview")?.run ?? "";
    for (const [code, expected] of [
      [0, 0],
      [1, 1],
      [2, 0],
    ] as const) {
      const folder = mkdtempSync(path.join(tmpdir(), "preview-step-"));
      const output = path.join(folder, "output");
      const step = spawnSync("bash", ["-c", `npm() { return ${code}; }\n${script}`], {
        cwd: folder,
        env: { ...process.env, STACK: "dev", GITHUB_OUTPUT: output },
        encoding: "utf8",
      });
      assert.equal(step.status, expected, step.stderr);
      if (expected === 0) assert.equal(readFileSync(output, "utf8"), `code=${code}\n`);
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a self-hosted runner", () => {
  const runner = (file: string, job: string): string | undefined =>
    files.find((candidate) => candidate.file === file)?.workflow.jobs[job]?.["runs-on"];

  it("that runs what a branch says is not the one that changes stacks and logs in to hosts", () => {
    assert.equal(runner("preview.yml", "preview"), "${{ vars.PREVIEW_RUNNER || 'ubuntu-24.04' }}");
    for (const [file, job] of [
      ["up.yml", "up"],
      ["drift.yml", "drift"],
    ] as const)
      assert.equal(runner(file, job), "${{ vars.UP_RUNNER || 'ubuntu-24.04' }}", file);
  });

  it("is used where a stack is looked at or changed, and nowhere else", () => {
    const named = files.flatMap(({ file, workflow }) =>
      Object.entries(workflow.jobs)
        .filter(([, job]) => job["runs-on"].includes("vars."))
        .map(([name]) => `${file} ${name}`),
    );
    assert.deepEqual(named, ["drift.yml drift", "preview.yml preview", "up.yml up"]);
  });
});

describe("a run of up", () => {
  const script = stepsOf("up.yml", "up").find(({ name }) => name === "Newest")?.run ?? "";
  const own = "a".repeat(40);
  /** Runs the step where main is at that commit; `undefined` when it can't be asked. */
  const run = (main: string | undefined): { status: number | null; stdout: string } =>
    spawnSync(
      "bash",
      [
        "-c",
        `git() { [ "$GIT_CONFIG_VALUE_0" = "Authorization: Basic eC1hY2Nlc3MtdG9rZW46dA==" ] && ${main ?? "false"}; }\n${script}`,
      ],
      {
        env: {
          ...process.env,
          TOKEN: "t",
          GITHUB_SHA: own,
          GITHUB_SERVER_URL: "https://x",
          GITHUB_REPOSITORY: "a/b",
        },
        encoding: "utf8",
      },
    );
  const at = (commit: string): string => `printf '%s\\trefs/heads/main\\n' ${commit}`;

  it("goes on where its commit is the newest of main", () => {
    const { status, stdout } = run(at(own));
    assert.deepEqual([status, stdout], [0, ""]);
  });
  it("stops where main has gone on since, so that no stack goes back", () => {
    const { status, stdout } = run(at("b".repeat(40)));
    assert.equal(status, 1);
    assert.match(stdout, /^::error::main is at b{40} by now, this run is of a{40}: nothing is changed/);
  });
  it("stops where it can't see main, or there is none", () => {
    assert.notEqual(run(undefined).status, 0);
    assert.equal(run("true").status, 1);
  });
});

describe("the job that comments", () => {
  const job = files.find(({ file }) => file === "preview.yml")?.workflow.jobs["comment"];
  it("runs whatever became of the others: an earlier report must not stand there as this one's", () => {
    assert.match(job?.if ?? "", /^!cancelled\(\)/);
    assert.doesNotMatch(job?.if ?? "", /\bneeds\./);
  });
  it("writes also where no report arrives", () => {
    const download = job?.steps.find(({ uses }) => uses?.startsWith("actions/download-artifact@") === true);
    assert.equal(download?.["continue-on-error"], true);
  });
});

describe("the workflow of drift", () => {
  const script = stepsOf("drift.yml", "drift").at(-1)?.run ?? "";
  for (const [code, said] of [
    [0, "::notice::dev is what the program says"],
    [1, "::error::dev could not be looked at everywhere; the summary says why, or the log"],
    // Not everything is put right by up: an account that nobody declared is a human's to judge.
    [2, "::error::dev differs from what the program says; the summary lists it, and what puts it right"],
  ] as const) {
    it(`says what exit code ${code} means, and ends with it`, () => {
      const folder = mkdtempSync(path.join(tmpdir(), "drift-step-"));
      const summary = path.join(folder, "summary");
      const step = spawnSync("bash", ["-c", `npm() { echo found; return ${code}; }\n${script}`], {
        cwd: folder,
        env: { ...process.env, STACK: "dev", GITHUB_STEP_SUMMARY: summary },
        encoding: "utf8",
      });
      assert.equal(step.status, code);
      assert.equal(step.stdout.trim(), said);
      assert.match(readFileSync(summary, "utf8"), /^## Drift of dev\n[\s\S]*^found$/m);
      rmSync(folder, { recursive: true });
    });
  }
});

describe("the workflow of tests", () => {
  const [quick = [], whole = []] = ["quick", "whole"].map((job) =>
    stepsOf("test.yml", job).flatMap(({ run }) => (run === undefined ? [] : [run])),
  );
  const text = (file: string): string => readFileSync(path.join(__dirname, "../../..", file), "utf8");

  it("runs the README's test command, whole, on pull requests and on main", () => {
    assert.match(text("README.md"), /^npm test +#/m);
    assert.equal(whole.at(-1), "npm test");
    const { on = {} } = files.find(({ file }) => file === "test.yml")?.workflow ?? {};
    assert.deepEqual(Object.keys(on), ["pull_request", "push", "workflow_dispatch"]);
  });

  it("runs first what needs no cluster, by levels that there are", () => {
    const levels = /^npm test -- (.+)$/.exec(quick.at(-1) ?? "")?.[1]?.split(" ") ?? [];
    assert.deepEqual(levels, ["lint", "unit", "go"]);
    const known = /const levels[^{]*\{([^}]*)\}/.exec(text("commands/test.ts"))?.[1] ?? "";
    for (const level of levels) assert.match(known, new RegExp(`^\\s*${level}[,:]`, "m"));
    assert.equal(files.find(({ file }) => file === "test.yml")?.workflow.jobs["whole"]?.needs, "quick");
  });

  it("runs on the system and the Node.js that the README names", () => {
    const readme = text("README.md");
    for (const job of ["quick", "whole"]) {
      const found = files.find(({ file }) => file === "test.yml")?.workflow.jobs[job];
      assert.match(JSON.stringify(found?.container), /"debian:12"/);
      const node = found?.steps.find(({ uses }) => uses?.startsWith("actions/setup-node@") === true);
      assert.match(
        readme,
        new RegExp(`Debian 12 box with Node\\.js ${String(node?.with?.["node-version"])}\\b`),
      );
    }
  });
});

/** A workflow with one job, to see that a rule can fail. */
function broken(top: string, job: string, steps: string): string {
  return `name: x\non: { pull_request: {} }\n${top}\njobs:\n  one:\n    runs-on: ubuntu-24.04\n${job}\n    steps:\n${steps}\n`;
}

const sha = "0".repeat(40);
const step = `      - uses: actions/checkout@${sha} # v1.2.3\n        with: { persist-credentials: false }`;
const cloud =
  "    timeout-minutes: 5\n    environment: dev\n    permissions: { id-token: write }\n    if: github.event.pull_request.head.repo.full_name == github.repository";
const plain = "    timeout-minutes: 5\n    permissions: {}";

/** What each rule must catch, one mistake at a time. */
const mistakes: readonly (readonly [keyof typeof rules, string])[] = [
  ["pins every action to a commit", broken("permissions: {}", plain, "      - uses: actions/checkout@v7")],
  [
    "pins every action to a commit",
    broken("permissions: {}", plain, `      - uses: actions/checkout@${sha.slice(1)}`),
  ],
  [
    "says beside each commit which version it is",
    broken("permissions: {}", plain, `      - uses: actions/checkout@${sha}`),
  ],
  [
    "says beside each commit which version it is",
    broken("permissions: {}", plain, `      - uses: actions/checkout@${sha} # v7`),
  ],
  ["grants nothing by default", broken("", plain, step)],
  ["grants nothing by default", broken("permissions: write-all", plain, step)],
  ["grants nothing by default", broken("permissions: { contents: write }", plain, step)],
  [
    "names the permissions of every job",
    broken("permissions: {}", "    timeout-minutes: 5\n    permissions: write-all", step),
  ],
  [
    "writes no contents and no packages",
    broken("permissions: {}", "    permissions: { contents: write }", step),
  ],
  ["ends every job in time", broken("permissions: {}", "    permissions: {}", step)],
  [
    "runs one job a stack at a time",
    broken("permissions: {}", plain, "      - run: npm run up -- --stack dev"),
  ],
  [
    "runs one job a stack at a time",
    broken("permissions: {}", `${plain}\n    concurrency: all`, "      - run: npm run drift"),
  ],
  [
    "never cuts an up off",
    broken(
      "permissions: {}",
      `${plain}\n    concurrency: { group: "stack-$\{{ matrix.environment }}", cancel-in-progress: true }`,
      "      - run: npm run up",
    ),
  ],
  [
    "changes a stack only as the newest main says",
    broken("permissions: {}", plain, `${step}\n      - run: npm run up -- --stack dev`),
  ],
  [
    "changes a stack only as the newest main says",
    broken(
      "permissions: {}",
      plain,
      `${step}\n      - run: npm run up\n      - run: git ls-remote x refs/heads/main; echo "$GITHUB_SHA"; exit 1`,
    ),
  ],
  [
    "runs a stack's commands as root on Debian",
    broken("permissions: {}", plain, "      - run: npm run drift"),
  ],
  [
    "runs a stack's commands as root on Debian",
    broken(
      "permissions: {}",
      `${plain}\n    container: { image: ubuntu:24.04 }`,
      "      - run: npm run preview-report -- --stack dev",
    ),
  ],
  [
    "names the shell of every container",
    broken("permissions: {}", `${plain}\n    container: debian:12`, step),
  ],
  [
    "asks the cloud for a token only behind an environment",
    broken("permissions: {}", "    permissions: { id-token: write }", step),
  ],
  [
    "gives a privileged container nothing to take",
    broken("permissions: {}", `${cloud}\n    container: { image: "debian:12", options: --privileged }`, step),
  ],
  [
    "gives a privileged container nothing to take",
    broken(
      "permissions: {}",
      `${plain}\n    container: { image: "debian:12", options: --privileged }`,
      step,
    ).replace("runs-on: ubuntu-24.04", "runs-on: ${{ vars.UP_RUNNER }}"),
  ],
  [
    "holds no long-lived key of a cloud",
    broken(
      "permissions: {}",
      cloud,
      `      - uses: a/b@${sha} # v1.2.3\n        with: { aws-access-key-id: x }`,
    ),
  ],
  [
    "gives a pull request no secret",
    broken("permissions: {}", plain, "      - run: echo\n        env: { X: '${{ secrets.X }}' }"),
  ],
  [
    "gives a pull request no secret",
    broken("permissions: {}", plain, "      - run: echo '${{ toJSON(secrets) }}'"),
  ],
  [
    "never runs a pull request's code with the rights of its base",
    broken("permissions: {}", plain, step).replace("pull_request", "pull_request_target"),
  ],
  ["gives a fork no credentials", broken("permissions: {}", cloud.replace(/\n {4}if: .*/, ""), step)],
  [
    "keeps what may write to a pull request away from its code",
    broken("permissions: {}", "    timeout-minutes: 5\n    permissions: { pull-requests: write }", step),
  ],
  [
    "leaves no token in the checkout",
    broken("permissions: {}", plain, `      - uses: actions/checkout@${sha} # v1.2.3`),
  ],
  [
    "lets nobody's text into a script",
    broken("permissions: {}", plain, "      - run: echo '${{ github.event.pull_request.title }}'"),
  ],
  [
    "lets nobody's text into a script",
    broken("permissions: {}", plain, "      - run: echo '${{ github.head_ref }}'"),
  ],
];

describe("the rules of workflows", () => {
  for (const [rule, text] of mistakes) {
    it(`catch a workflow that breaks: ${rule}`, () => {
      assert.notDeepEqual(rules[rule]?.(parseWorkflow(text), text), []);
    });
  }

  it("let a good workflow pass", () => {
    const text = broken("permissions: {}", cloud, step);
    for (const [rule, check] of Object.entries(rules))
      assert.deepEqual(check(parseWorkflow(text), text), [], rule);
  });

  it("are each shown to fail", () => {
    const shown = new Set(mistakes.map(([rule]) => rule));
    assert.deepEqual(
      Object.keys(rules).filter((rule) => !shown.has(rule)),
      [],
    );
  });
});
