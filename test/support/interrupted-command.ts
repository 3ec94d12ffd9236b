import { main } from "../../commands/main";
import { run } from "../../commands/shell";

// A command as those of `commands/`, for the test of what an interrupt does to it.
main(async () => {
  await run(process.execPath, ["--eval", process.env["ENGINE"] ?? ""]);
});
