import bcrypt from "bcryptjs";
import { main } from "./main";
import { stackCommand, stackOptions } from "./options";
import { prepareEnvironment } from "./open-stack";
import { askSecret } from "./prompt";
import { run } from "./shell";
import { ensureStack, projectFolder } from "./stack";

/** Dex takes 10 to 16; 12 costs a quarter of a second, which who guesses pays for every guess. */
const cost = 12;
const minimumLength = 12;
/** bcrypt looks at no more (usenix.org, "A Future-Adaptable Password Scheme"). */
const maximumBytes = 72;

function checkPassword(password: string): void {
  if (password.length < minimumLength) {
    throw new Error(`the password has ${password.length} characters; ${minimumLength} at least are needed`);
  }
  if (Buffer.byteLength(password) > maximumBytes) {
    throw new Error(`the password has more than ${maximumBytes} bytes, of which bcrypt would drop the rest`);
  }
}

/** `npm run password -- --user alice`: sets the password of a static user in the stack's secret configuration, as a bcrypt hash. */
main(async () => {
  const command = stackCommand(
    "password",
    "Set the password of one of identityProvider.staticUsers: asked for, or read from stdin; kept as a bcrypt hash.",
  )
    .requiredOption("-u, --user <name>", "whose password")
    .parse();
  const { user } = command.opts<{ user: string }>();
  const options = stackOptions(command);
  const password = await askSecret(`new password of ${user}`);
  checkPassword(password);
  if (process.stdin.isTTY && (await askSecret("once more")) !== password) {
    throw new Error("the two differ; nothing was changed");
  }
  const env = await prepareEnvironment(options);
  await ensureStack(options.stack, env);
  const key = `redoubt:secrets.passwordHashes[${JSON.stringify(user)}]`;
  // The hash goes by stdin, as the password did.
  await run("pulumi", ["config", "set", "--secret", "--path", key, "--stack", options.stack], {
    cwd: projectFolder,
    env,
    input: await bcrypt.hash(password, cost),
  });
  process.stderr.write(`password of ${user} is set; npm run up makes it so\n`);
});
