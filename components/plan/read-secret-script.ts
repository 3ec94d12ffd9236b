import type { DirectorySpec, FileSpec } from "./plan";
import { readDirectory, readFile, statements, type Call } from "./read-script";
import { secretMarker } from "./secret-script";
import { insideGroup } from "./whole-script";

/** What a script of secrets says. It holds the secrets, so it is as secret as they are. */
export interface SecretScriptContents {
  readonly directories: readonly Required<DirectorySpec>[];
  readonly files: readonly Required<FileSpec>[];
}

/**
 * The inverse of `renderSecretScript`.
 *
 * @returns undefined for everything that is no script of secrets.
 * @throws when it is one, but says something that this version does not know. The error shows nothing of what the script holds.
 */
export function readSecretScript(script: string): SecretScriptContents | undefined {
  const start = script.indexOf(`\n${secretMarker}\n`);
  if (start < 0) return undefined;
  try {
    const found = statements(insideGroup(script.slice(start + secretMarker.length + 2)));
    const calls = (name: string): Call[] =>
      found.filter(
        (statement): statement is Call => statement.kind === "call" && statement.words[0] === name,
      );
    return { directories: calls("directory").map(readDirectory), files: calls("file").map(readFile) };
  } catch {
    // The cause would quote a part of the script.
    throw new Error("a script of secret files can't be read. Fix: run up once with this version");
  }
}
