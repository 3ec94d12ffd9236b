import { readFileSync, writeFileSync } from "node:fs";
import { renderHtml } from "../report/html";
import { githubCommentLimit, renderMarkdown } from "../report/markdown";
import { readPreview } from "../report/preview";
import { buildReport, isAcceptable } from "../report/report";
import { eventLogEnvironment, eventLogOf } from "./event-log";
import { main } from "./main";
import { engineParallelism, openStack, type StackOptions } from "./open-stack";
import { stackCommand } from "./options";
import { policyArguments, withPolicyOptions } from "./policies";
import { run } from "./shell";
import { projectFolder } from "./stack";
import { userPath } from "./user-path";

interface ReportOptions extends StackOptions {
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly limit: string;
}

/** Without colours and questions: who reads the preview is a program. */
const engineArguments = ["--non-interactive", "--color", "never", "--parallel", engineParallelism];

/** Exit code when the report is written, but `up` would be refused. */
const refused = 2;

const exitCodes = `
Exit codes:
  0  the report is written, and up would go ahead
  1  there is no report: an argument is wrong, a file can't be read, the preview did not start
  2  the report is written, and up would be refused: the preview failed, or a mandatory policy is violated`;

/** Previews the stack and gives the engine's event log, also when the preview ends with an error of the program or a policy. */
async function recordPreview(options: StackOptions, args: readonly string[]): Promise<string> {
  const { environment } = await openStack(options, "look");
  return eventLogOf((log) =>
    run("pulumi", ["preview", "--stack", options.stack, ...engineArguments, ...log, ...args], {
      cwd: projectFolder,
      env: { ...environment, ...eventLogEnvironment },
      stdout: "stderr",
    }),
  );
}

function readRecording(file: string): string {
  try {
    return readFileSync(userPath(file), "utf8");
  } catch (error) {
    throw new Error(
      `--json ${file}: ${(error as Error).message}. Fix: give a file that "pulumi preview --json" printed`,
      { cause: error },
    );
  }
}

function commentLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 4_000) return limit;
  throw new Error(`--limit ${text} is no number of characters. Fix: give a whole number of at least 4000`);
}

/** `npm run preview-report`: what `up` would change, and what each change does to who uses the cluster. */
main(
  async () => {
    const command = withPolicyOptions(
      stackCommand(
        "preview-report",
        "Say what up would change on each host and in the cluster, and what each change does to who uses it.",
      ),
      "always",
    )
      .option(
        "--json <file>",
        "a recorded preview (pulumi preview --json, or --event-log); default: preview now",
      )
      .option(
        "--markdown <file>",
        "write the comment for a pull request here; default: stdout, without --html",
      )
      .option("--html <file>", "write the whole report here, as one page")
      .option("--limit <characters>", "longest comment", String(githubCommentLimit))
      .argument("[arguments...]", "passed to pulumi preview")
      .allowUnknownOption()
      .addHelpText("after", exitCodes)
      .parse();
    const options = command.opts<ReportOptions>();
    const limit = commentLimit(options.limit);
    const { json } = options;
    const recording =
      json === undefined
        ? await recordPreview(options, [...policyArguments(command, options.stack, true), ...command.args])
        : readRecording(json);
    const isStackNamed = json === undefined || command.getOptionValueSource("stack") === "cli";
    const report = buildReport(readPreview(recording), isStackNamed ? options.stack : undefined);
    const markdown = renderMarkdown(report, limit);
    if (options.markdown !== undefined) writeFileSync(userPath(options.markdown), markdown);
    if (options.html !== undefined) writeFileSync(userPath(options.html), renderHtml(report));
    if (options.markdown === undefined && options.html === undefined) process.stdout.write(markdown);
    if (!isAcceptable(report)) process.exitCode = refused;
  },
  { failedProgram: 1 },
);
