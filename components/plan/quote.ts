/** Words of these characters mean themselves to every POSIX shell and stay readable. */
const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * One word for a POSIX shell, whatever it contains (POSIX.1-2017, Shell Command Language 2.2.2). The only quoting
 * function of the project.
 *
 * @throws when the word holds a NUL, which no argument can carry.
 */
export function shellQuote(word: string): string {
  if (word.includes("\0"))
    throw new Error(`can't quote ${JSON.stringify(word)}: it contains a NUL character`);
  if (plainWord.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Words joined to a command line. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
