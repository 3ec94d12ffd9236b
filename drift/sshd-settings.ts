/** Where the plan keeps what sshd is told; the first value of each keyword counts (sshd_config(5)). */
export const sshdConfiguration = "/etc/ssh/sshd_config.d/00-redoubt.conf";

/** A keyword whose effective value is not the plan's. */
export interface SshdDifference {
  readonly keyword: string;
  readonly wanted: string;
  readonly found: string;
}

/**
 * Keywords of the file whose effective value, as `sshd -T` tells it in lower case, is another. Lists that stand on several lines
 * there, as AllowUsers, are one line here.
 *
 * @param content The configuration file as the plan wrote it.
 */
export function sshdDifferences(
  content: string,
  effective: ReadonlyMap<string, readonly string[]>,
): readonly SshdDifference[] {
  const wanted = content.split("\n").flatMap((line) => {
    const parsed = /^([A-Za-z]+)\s+(.+)$/.exec(line);
    return parsed === null ? [] : [{ keyword: parsed[1] ?? "", wanted: parsed[2] ?? "" }];
  });
  return wanted.flatMap(({ keyword, wanted: value }) => {
    const found = (effective.get(keyword.toLowerCase()) ?? []).join(" ");
    return found.toLowerCase() === value.toLowerCase() ? [] : [{ keyword, wanted: value, found }];
  });
}
