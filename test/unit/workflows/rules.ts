import { eventsOf, type Job, type Step, type Workflow } from "./workflows";

const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const version = /^\s*(?:- )?uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

/** Text of an expression that gives a secret, but for the token that every job has. */
const namesSecret = /\$\{\{[^}]*\bsecrets\b(?!\.GITHUB_TOKEN\b)/;
/** What somebody outside wrote: in a script it would be run, so it reaches one by `env` only. */
const foreignText =
  /\$\{\{[^}]*\bgithub\.(?:event\.(?:pull_request|issue|comment|review|head_commit|commits)|head_ref|actor)\b/;

type Rule = (workflow: Workflow, text: string) => string[];

function eachJob(workflow: Workflow, check: (job: Job, name: string) => string[]): string[] {
  return Object.entries(workflow.jobs).flatMap(([name, job]) => check(job, name));
}

function eachStep(workflow: Workflow, check: (step: Step, place: string) => string[]): string[] {
  return eachJob(workflow, (job, name) =>
    job.steps.flatMap((step, index) => check(step, `${name}, step ${step.name ?? index + 1}`)),
  );
}

const asksForCloud = (job: Job): boolean =>
  typeof job.permissions === "object" && job.permissions["id-token"] === "write";

/** A container that can do to its runner what root can. */
const isPrivileged = ({ container }: Job): boolean =>
  typeof container === "object" &&
  /--privileged|--cap-add|--pid|docker\.sock/.test(JSON.stringify(container));

/** A job that runs a command on a stack: it must not run twice at once. */
const touchesStack = (job: Job): boolean =>
  job.steps.some((step) =>
    /npm run (?:--silent )?(?:up|destroy|drift|preview-report|preview)\b/.test(step.run ?? ""),
  );

const changesStack = ({ run }: Step): boolean => /npm run (?:--silent )?(?:up|destroy)\b/.test(run ?? "");

/** A step that ends the job when main has gone on since the run's commit. */
const looksAtMain = ({ run = "" }: Step): boolean =>
  ["ls-remote", "refs/heads/main", "$GITHUB_SHA", "exit 1"].every((part) => run.includes(part));

/** What holds of every workflow; each gives what breaks it, and where. */
export const rules: Readonly<Record<string, Rule>> = {
  "pins every action to a commit": (workflow) =>
    eachStep(workflow, ({ uses }, place) =>
      uses === undefined || uses.startsWith("./") || pinned.test(uses) ? [] : [`${place}: ${uses}`],
    ),
  "says beside each commit which version it is": (_workflow, text) =>
    text
      .split("\n")
      .filter((line) => /^\s*(?:- )?uses: /.test(line) && !line.includes("uses: ./") && !version.test(line)),
  "grants nothing by default": ({ permissions }) =>
    typeof permissions === "object" &&
    Object.values(permissions).every((level) => level === "read" || level === "none")
      ? []
      : ["permissions at the top must be {} or only read"],
  "names the permissions of every job": (workflow) =>
    eachJob(workflow, ({ permissions }, name) =>
      typeof permissions === "object" || typeof workflow.permissions === "object" ? [] : [name],
    ).concat(eachJob(workflow, ({ permissions }, name) => (typeof permissions === "string" ? [name] : []))),
  "writes no contents and no packages": (workflow) =>
    eachJob(workflow, ({ permissions }, name) =>
      typeof permissions === "object" &&
      ["contents", "packages", "actions", "deployments"].some((scope) => permissions[scope] === "write")
        ? [name]
        : [],
    ),
  "ends every job in time": (workflow) =>
    eachJob(workflow, (job, name) => (job["timeout-minutes"] === undefined ? [name] : [])),
  "runs one job a stack at a time": (workflow) =>
    eachJob(workflow, (job, name) =>
      touchesStack(job) && !JSON.stringify(job.concurrency ?? "").includes("matrix.environment")
        ? [name]
        : [],
    ),
  "never cuts an up off": (workflow) =>
    eachJob(workflow, (job, name) => {
      const changes = job.steps.some(changesStack);
      const cancels = [job.concurrency, workflow.concurrency].some(
        (known) =>
          typeof known === "object" &&
          known["cancel-in-progress"] !== undefined &&
          known["cancel-in-progress"] !== false,
      );
      return changes && cancels ? [name] : [];
    }),
  // A run waits for its reviewers, and can be repeated: it would take the stack back to an older main.
  "changes a stack only as the newest main says": (workflow) =>
    eachJob(workflow, ({ steps }, name) => {
      const checkout = steps.findIndex(({ uses }) => uses?.startsWith("actions/checkout@") === true);
      const next = steps[checkout + 1];
      return steps.some(changesStack) && !(next !== undefined && looksAtMain(next)) ? [name] : [];
    }),
  // `toolchain/preflight.ts` asks for Debian, a hosted runner is an Ubuntu; and root installs what is missing.
  "runs a stack's commands as root on Debian": (workflow) =>
    eachJob(workflow, (job, name) => {
      const { container } = job;
      const image = typeof container === "object" ? container.image : container;
      return touchesStack(job) && image !== "debian:12" ? [name] : [];
    }),
  // GitHub's shell in a container is sh, which on Debian knows no pipefail.
  "names the shell of every container": (workflow) =>
    eachJob(workflow, (job, name) =>
      job.container !== undefined && job.defaults?.run?.shell !== "bash" ? [name] : [],
    ),
  "asks the cloud for a token only behind an environment": (workflow) =>
    eachJob(workflow, (job, name) => (asksForCloud(job) && job.environment === undefined ? [name] : [])),
  "gives a privileged container nothing to take": (workflow) =>
    eachJob(workflow, (job, name) => {
      const rights = typeof job.permissions === "object" ? Object.entries(job.permissions) : [["*", "write"]];
      const reads = rights.every(([scope, level]) => scope === "contents" && level === "read");
      const thrownAway = /^ubuntu-\d+\.\d+$/.test(job["runs-on"]);
      return isPrivileged(job) && !(reads && thrownAway && job.environment === undefined) ? [name] : [];
    }),
  "holds no long-lived key of a cloud": (workflow, text) => [
    ...eachStep(workflow, (step, place) =>
      step.with?.["aws-access-key-id"] !== undefined || step.with?.["aws-secret-access-key"] !== undefined
        ? [place]
        : [],
    ),
    ...(/AWS_SECRET_ACCESS_KEY|AKIA[A-Z0-9]{16}|PULUMI_ACCESS_TOKEN/.test(text)
      ? ["a key stands in the text"]
      : []),
  ],
  "gives a pull request no secret": (workflow, text) =>
    eventsOf(workflow).some((event) => event.startsWith("pull_request")) && namesSecret.test(text)
      ? ["an expression names a secret"]
      : [],
  "never runs a pull request's code with the rights of its base": (workflow) =>
    eventsOf(workflow).filter((event) => event === "pull_request_target" || event === "workflow_run"),
  "gives a fork no credentials": (workflow) =>
    eventsOf(workflow).includes("pull_request")
      ? eachJob(workflow, (job, name) =>
          asksForCloud(job) &&
          !(job.if ?? "").includes("github.event.pull_request.head.repo.full_name == github.repository")
            ? [name]
            : [],
        )
      : [],
  "keeps what may write to a pull request away from its code": (workflow) =>
    eachJob(workflow, (job, name) => {
      const writes =
        typeof job.permissions === "object" &&
        ["pull-requests", "issues"].some(
          (scope) => (job.permissions as Record<string, string>)[scope] === "write",
        );
      return writes &&
        job.steps.some(({ uses, run }) => uses?.startsWith("actions/checkout@") === true || run !== undefined)
        ? [name]
        : [];
    }),
  "leaves no token in the checkout": (workflow) =>
    eachStep(workflow, (step, place) =>
      step.uses?.startsWith("actions/checkout@") === true && step.with?.["persist-credentials"] !== false
        ? [place]
        : [],
    ),
  "lets nobody's text into a script": (workflow) =>
    eachStep(workflow, (step, place) =>
      foreignText.test(step.run ?? "") ||
      foreignText.test(typeof step.with?.["script"] === "string" ? step.with["script"] : "")
        ? [place]
        : [],
    ),
};
