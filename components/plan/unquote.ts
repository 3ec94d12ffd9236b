/** A word that was read, and where the text goes on after it. */
export interface ReadWord {
  readonly word: string;
  readonly end: number;
}

/** Words of a command, and where the text goes on after the last. */
export interface ReadWords {
  readonly words: readonly string[];
  readonly end: number;
}

const plainPart = /[A-Za-z0-9_@%+=:,./-]+/y;

/** A part in single quotes, in which nothing but the quote itself means anything. */
function quotedPart(text: string, at: number): ReadWord {
  const close = text.indexOf("'", at + 1);
  if (close < 0) throw new Error(`a quote is not closed: ${JSON.stringify(text.slice(at, at + 40))}`);
  return { word: text.slice(at + 1, close), end: close + 1 };
}

function partAt(text: string, at: number): ReadWord | undefined {
  if (text[at] === "'") return quotedPart(text, at);
  if (text.startsWith("\\'", at)) return { word: "'", end: at + 2 };
  plainPart.lastIndex = at;
  const plain = plainPart.exec(text)?.[0];
  return plain === undefined ? undefined : { word: plain, end: at + plain.length };
}

/**
 * The word that begins there, as `shellQuote` of `quote.ts` writes words: plain, in single quotes, or quotes joined by `\'`.
 * Nothing else of the shell's language is read, so what a script computes can't be taken for what it says.
 *
 * @throws when no word begins there, or its quote is not closed.
 */
export function readWord(text: string, at: number): ReadWord {
  let word = "";
  let end = at;
  for (let part = partAt(text, end); part !== undefined; part = partAt(text, end)) {
    word += part.word;
    end = part.end;
  }
  if (end === at) throw new Error(`no word begins at ${JSON.stringify(text.slice(at, at + 40))}`);
  return { word, end };
}

/** Words with one space between each two, as `shellCommand` joins them; they end before anything that is no further word. */
export function readWords(text: string, at: number): ReadWords {
  const first = readWord(text, at);
  const words = [first.word];
  let end = first.end;
  while (text[end] === " " && partAt(text, end + 1) !== undefined) {
    const next = readWord(text, end + 1);
    words.push(next.word);
    end = next.end;
  }
  return { words, end };
}

/**
 * The inverse of `shellCommand`.
 *
 * @throws when the line is anything but words as `quote.ts` quotes them.
 */
export function unquoteCommand(line: string): readonly string[] {
  if (line === "") return [];
  const { words, end } = readWords(line, 0);
  if (end < line.length) throw new Error(`not a plain command: ${JSON.stringify(line)}`);
  return words;
}
