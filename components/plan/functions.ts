import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { hereDocument } from "./here-document";
import { paths } from "./paths";

/** The functions that a rendered plan calls; shellcheck reads them where they stand. */
export const convergeFunctions = ["converge.sh", "safe-restart.sh"]
  .map((file) => readFileSync(path.join(__dirname, file), "utf8"))
  .join("\n");

const sha256 = createHash("sha256").update(convergeFunctions).digest("hex");

/**
 * How a script gets its functions. `carried`: they stand in it. `brought`: they stand in it, and the host keeps them. `kept`: the host has
 * them; others than those of this version are refused. A state holds every script twice, and the engine writes the whole state at
 * every step, so all phases but the first of a host leave them out.
 */
export type FunctionSource = "carried" | "brought" | "kept";

/** For whoever checks the script alone: what it sets is read by the functions. */
const readElsewhere = "# shellcheck disable=SC2034";

const bring = `${readElsewhere}
set -euo pipefail
(
  umask 022
  mkdir --parents ${path.dirname(paths.functions)}
  cat >${paths.functions}.new ${hereDocument(convergeFunctions)}
  cmp --silent ${paths.functions}.new ${paths.functions} ||
    mv --force --no-target-directory ${paths.functions}.new ${paths.functions}
  rm --force ${paths.functions}.new
)
. ${paths.functions}
`;

const use = `${readElsewhere}
set -euo pipefail
printf '%s  %s\\n' ${sha256} ${paths.functions} | sha256sum --check --status ||
  { echo '${paths.functions} is not of this version. Fix: run up with --repair' >&2; exit 1; }
. ${paths.functions}
`;

/** The script, rendered with its functions, as it gets them from elsewhere. */
export function withFunctions(script: string, source: FunctionSource): string {
  if (!script.startsWith(convergeFunctions)) throw new Error("the script does not begin with the functions");
  if (source === "carried") return script;
  return `${source === "brought" ? bring : use}${script.slice(convergeFunctions.length)}`;
}
