import { mergeFragments } from "../../plan/merge";
import type { PlanFragment, StepSpec } from "../../plan/plan";
import { renderScript } from "../../plan/script";
import { authorizedKeysFolder, sudoersFile } from "../hardening/accounts";
import { renderArchitectureCheck } from "./architecture-check";
import { renderFormerClusterCheck } from "./former-cluster-check";

/** Who gets a login of its own on a host that is adopted. */
export interface AdoptionOptions {
  readonly adminUser: string;
  /** Keys that let the stack in, one line each in OpenSSH form: what fails after the adoption may go on with any of them. */
  readonly publicKeys: readonly string[];
  /** As `amd64`; a host of another is refused before anything is changed on it. */
  readonly architecture: string;
  /** PEM of every generation of `kubernetes-ca` that the stack trusts; a host of another cluster is refused as well. */
  readonly authorities: string;
}

/**
 * Whether sshd, as it is now, would let the user $1 in by key (sshd_config(5); patterns as in ssh_config(5), PATTERNS). Without this
 * a host that admits somebody else only would fail in the next phase, and nothing would say why.
 */
const sshdLetsIn = `
effective=$(/usr/sbin/sshd -T -C "user=$1,host=localhost,addr=127.0.0.1") || exit 1
# KEYWORD WORD…: there is no such line, or the pattern of one matches a word
admits() {
  local keyword=$1 pattern word found=''
  shift
  while read -r pattern; do
    found=yes
    for word in "$@"; do if [[ $word == $pattern ]]; then return 0; fi; done
  done < <(sed -n "s/^$keyword //p" <<<"$effective")
  [ -z "$found" ]
}
grep --quiet '^pubkeyauthentication yes$' <<<"$effective" || exit 1
admits allowusers "$1" || exit 1
read -r -a groups < <(id --groups --name "$1")
admits allowgroups "\${groups[@]}" || exit 1
files=" $(sed -n 's/^authorizedkeysfile //p' <<<"$effective") "
[[ $files == *" .ssh/authorized_keys "* || $files == *" ${authorizedKeysFolder}/%u "* ]]
`;

/**
 * Adds the key to those that are there, so that nobody is locked out before the stack's own login is known to work.
 *
 * @param what Which key it is.
 */
function addKey(path: string, key: string, what: string): StepSpec {
  return {
    description: `${what} in ${path}`,
    unless: ["grep", "--quiet", "--line-regexp", "--fixed-strings", "--", key, path],
    command: [
      "bash",
      "-c",
      // A last line without its end would run into ours. The user's own sshd process reads the file.
      'touch "$2" && sed --in-place -e \'$a\\\' "$2" && printf "%s\\n" "$1" >>"$2" && chmod 0644 "$2"',
      "add-key",
      key,
      path,
    ],
  };
}

function adoption({
  adminUser,
  publicKeys,
}: Pick<AdoptionOptions, "adminUser" | "publicKeys">): PlanFragment {
  const home = `/home/${adminUser}/.ssh`;
  return {
    packages: ["sudo"],
    users: [{ name: adminUser }],
    directories: [
      { path: authorizedKeysFolder },
      { path: home, owner: adminUser, group: adminUser, mode: "0700" },
    ],
    files: [sudoersFile(adminUser)],
    steps: [
      ...publicKeys.flatMap((key, index) => {
        const what = index === 0 ? "the stack's key" : `key ${index + 1} of the stack`;
        const files = [`${authorizedKeysFolder}/${adminUser}`, `${home}/authorized_keys`];
        return files.map((file) => addKey(file, key, what));
      }),
      {
        description: `sshd lets ${adminUser} in by key (AllowUsers, AllowGroups, PubkeyAuthentication and AuthorizedKeysFile of its configuration)`,
        unless: ["bash", "-c", sshdLetsIn, "sshd", adminUser],
        command: ["false"],
      },
    ],
  };
}

/**
 * What makes a host ours: the administrator with the stack's key, who may become root. It takes nothing away; hardening does that, when
 * that login works. It is true once only, so it is not marked as a plan, which drift would look for later.
 */
export function renderAdoptionScript(options: AdoptionOptions): string {
  const script = renderScript(mergeFragments({ adoption: adoption(options) }), "adoption");
  const check =
    renderArchitectureCheck("hosts.inventory.architecture", options.architecture) +
    renderFormerClusterCheck(options.authorities);
  return script.replace("# --- the plan: adoption ---", () => `# --- adoption ---\n${check}`);
}
