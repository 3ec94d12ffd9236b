import { resourceRule, shown, stackRule, Undecided, type Finding, type Rule } from "./rule";
import { leavesOf, secretShape, type Leaf } from "./secret-values";
import { remoteCommand } from "./host-script";

/** Texts of inputs by URN, with whether the engine knows them as secret. Only remediations see that; see `pack.ts`. */
export class SecretnessBook {
  private readonly leaves = new Map<string, readonly Leaf[]>();

  /** Notes what the engine says of a resource's inputs. */
  public observe(urn: string, raw: unknown): void {
    this.leaves.set(urn, leavesOf(raw));
  }

  /** Texts of a resource's inputs. @throws Undecided when nobody looked. */
  public of(urn: string): readonly Leaf[] {
    const found = this.leaves.get(urn);
    if (found === undefined) {
      throw new Undecided("secretness was not observed: policy secretness must have the level remediate");
    }
    return found;
  }
}

const commands = [remoteCommand, "command:local:Command"];

/** Properties that a provider keeps to itself, and no state shows. */
const internal = "__";

function unknownOnes(leaves: readonly Leaf[]): Finding[] {
  const unknown = leaves.filter((leaf) => leaf.unknown && !leaf.secret).map(({ path }) => `.${path}`);
  return unknown.length === 0
    ? []
    : [{ what: `${unknown.join(", ")} can't be known during preview`, undecided: true }];
}

function plainProperty(book: SecretnessBook): Rule {
  return resourceRule(
    undefined,
    {
      id: "secrets-plain-property",
      rule: "what looks like a key, token or password hash is a secret property",
      why: "state, previews and logs show every other property in plain text",
      source: "pulumi.com/docs/iac/concepts/secrets",
      fix: "give the value as pulumi.secret() or Config.requireSecret()",
    },
    ({ urn }) => {
      const leaves = book.of(urn).filter(({ path }) => !path.startsWith(internal));
      const plain = leaves.filter((leaf) => !leaf.secret && !leaf.unknown);
      return [
        ...plain.flatMap(({ path, text }): Finding[] => {
          const shape = secretShape(text);
          return shape === undefined
            ? []
            : [{ where: `.${path}`, what: `it holds ${shape} and is no secret` }];
        }),
        ...unknownOnes(leaves),
      ];
    },
  );
}

/** Properties whose text is, or becomes part of, a command line. */
const commandText = /^(create|update|delete|interpreter|environment|triggers|addPreviousOutputInEnv)\b/;

function inCommand(book: SecretnessBook): Rule {
  return resourceRule(
    commands,
    {
      id: "secrets-command-text",
      rule: "no secret stands in the text or the environment of a command",
      why: "on failure the provider prints the command whole, and every user of the host sees arguments in its process list",
      source: "pulumi/pulumi-command#260; proc(5), /proc/pid/cmdline",
      fix: "hand it over by stdin",
    },
    ({ urn }) => {
      const leaves = book.of(urn).filter(({ path }) => commandText.test(path));
      return [
        ...leaves.flatMap(({ path, text, unknown }): Finding[] => {
          const shape = unknown ? undefined : secretShape(text);
          return shape === undefined ? [] : [{ where: `.${path}`, what: `it holds ${shape}` }];
        }),
        ...unknownOnes(leaves),
      ];
    },
  );
}

function loggedCommand(book: SecretnessBook): Rule {
  return resourceRule(
    commands,
    {
      id: "secrets-logged-command",
      rule: "a command that is handed a secret is not logged",
      why: "what it prints goes to the terminal and to the logs of CI",
      source: "pulumi-command, logging; pulumi/pulumi#15912",
      fix: "set logging: none",
    },
    ({ urn, props }) => {
      const stdin = book.of(urn).filter(({ path }) => path === "stdin");
      const secret = stdin.some(
        (leaf) => leaf.secret || (!leaf.unknown && secretShape(leaf.text) !== undefined),
      );
      const logging: unknown = props["logging"];
      if (logging === "none") return [];
      return secret
        ? [{ what: `stdin is secret and logging is ${shown(logging ?? "stdoutAndStderr")}` }]
        : unknownOnes(stdin);
    },
  );
}

const inOutput: Rule = stackRule(
  {
    id: "secrets-output",
    rule: "no command prints a secret",
    why: "stdout and stderr are in the state, and on the terminal of whoever runs it with logging on",
    source: "pulumi/pulumi-command#401",
    fix: "keep it from being printed (`tee` prints what it writes), or list stdout and stderr under additionalSecretOutputs",
  },
  (resources) =>
    resources
      .filter(({ type }) => commands.includes(type))
      .flatMap(({ urn, props, opts }) =>
        ["stdout", "stderr"]
          .filter((name) => !opts.additionalSecretOutputs.includes(name))
          .flatMap((name): Finding[] => {
            const [leaf] = leavesOf(rawOutput(props, name));
            if (leaf === undefined) return [];
            if (leaf.unknown)
              return [{ urn, what: `.${name} can't be known during preview`, undecided: true }];
            const shape = secretShape(leaf.text);
            return shape === undefined ? [] : [{ urn, where: `.${name}`, what: `it shows ${shape}` }];
          }),
      ),
);

/** The value of an output, known or not: the proxy would throw. */
function rawOutput(props: Readonly<Record<string, unknown>>, name: string): unknown {
  const described = Object.getOwnPropertyDescriptor(props, name);
  return described?.value;
}

/** Where secrets must not stand. */
export function secretRules(book: SecretnessBook): readonly Rule[] {
  return [plainProperty(book), inCommand(book), loggedCommand(book), inOutput];
}
