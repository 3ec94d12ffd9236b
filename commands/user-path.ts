import path from "node:path";

/** What the user means by a path: npm runs commands in the project's folder, and says in which one it was called. */
export function userPath(file: string): string {
  return path.resolve(process.env["INIT_CWD"] ?? process.cwd(), file);
}
