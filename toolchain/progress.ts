/** One line of progress on stderr, as `kubelet 1.35.4: built from Go modules in 13 s`. */
export function progress(subject: string, text: string): void {
  process.stderr.write(`${subject}: ${text}\n`);
}

/** Reports how long a piece of work took. */
export async function timed<Result>(
  subject: string,
  doing: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const start = Date.now();
  progress(subject, `${doing} …`);
  const result = await work();
  progress(subject, `${doing}: done in ${Math.round((Date.now() - start) / 1000)} s`);
  return result;
}
