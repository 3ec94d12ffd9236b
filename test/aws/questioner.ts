import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

/** What is asked of AWS, named as boto3 does. */
export interface Question {
  /** As `ec2`. */
  readonly service: string;
  /** As `describe_subnets`. */
  readonly operation: string;
  readonly parameters?: object;
  /** JMESPath: what of the answer matters. Default: all of it. */
  readonly query?: string;
}

interface Said {
  readonly answer?: unknown;
  readonly refusal?: string;
}

/** Asks one question after the other of a process that stays: a start of the aws program takes a second each time. */
export class Questioner {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  public constructor(region: string, environment: NodeJS.ProcessEnv) {
    this.process = spawn("python3", [path.join(__dirname, "ask.py"), region], { env: environment });
    this.process.stderr.pipe(process.stderr);
    this.lines = createInterface(this.process.stdout)[Symbol.asyncIterator]();
  }

  /** @throws with AWS's own words when it refuses. */
  public async ask({ service, operation, parameters = {}, query = "@" }: Question): Promise<unknown> {
    this.process.stdin.write(`${JSON.stringify([service, operation, parameters, query])}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error(`nobody answers ${service} ${operation}`);
    const { answer, refusal } = JSON.parse(line.value) as Said;
    if (refusal !== undefined) throw new Error(refusal);
    return answer;
  }

  public stop(): void {
    this.process.stdin.end();
  }
}
