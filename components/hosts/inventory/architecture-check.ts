import { shellQuote } from "../../plan/quote";

/**
 * Shell that ends with an error unless Debian on the host is for `architecture`: programs of another would not start, and nothing shall
 * be changed before that is known. dpkg is asked, not the kernel, which may run programs of two.
 *
 * @param setting Path of the setting that says the architecture, for the error.
 */
export function renderArchitectureCheck(setting: string, architecture: string): string {
  const rule = `${setting} = ${architecture}, but Debian on this host is for`;
  const fix = `Fix: set ${setting} to what all hosts are, amd64 or arm64, or leave this host out`;
  return `architecture=$(dpkg --print-architecture)
if [ "$architecture" != ${shellQuote(architecture)} ]; then
  printf '%s %s. %s\\n' ${shellQuote(rule)} "$architecture" ${shellQuote(fix)} >&2
  exit 1
fi
`;
}
