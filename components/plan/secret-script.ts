import { convergeFunctions } from "./functions";
import { hereDocument } from "./here-document";
import type { DirectorySpec, SecretFileSpec } from "./plan";
import { shellCommand } from "./quote";
import { whenWhole } from "./whole-script";

/** Where the part of a script begins that is not the same for all. */
export const secretMarker = "# --- secret files ---";

/** The script that writes the files; it holds them, so it is as secret as they are. */
export function renderSecretScript(
  directories: readonly DirectorySpec[],
  files: readonly SecretFileSpec[],
): string {
  const folders = directories.map(({ path, owner = "root", group = "root", mode = "0755" }) =>
    shellCommand(["directory", path, owner, group, mode.replace(/^0+(?=[0-7])/, "")]),
  );
  const readers = files
    .filter((file) => (file.restart ?? []).length > 0)
    .map((file) => `readers[${shellCommand([file.path])}]=${shellCommand([(file.restart ?? []).join(" ")])}`);
  const writes = files.map((file) => {
    if (file.content.includes("\0") || !file.content.endsWith("\n")) {
      throw new Error(`secret file ${file.path} must be text that ends with a newline`);
    }
    const mode = (file.mode ?? "0600").replace(/^0+(?=[0-7])/, "");
    return `${shellCommand(["file", file.path, file.owner, file.group, mode])} ${hereDocument(file.content)}`;
  });
  return `${convergeFunctions}
${secretMarker}
${whenWhole(`${[...readers, "load_safe_units", ...folders].join("\n")}
${writes.join("")}
restart_readers
report
`)}`;
}
