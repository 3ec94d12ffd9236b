import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shellCommand, shellQuote } from "../../../components/plan/quote";
import { readWord, readWords, unquoteCommand } from "../../../components/plan/unquote";

/** Characters that mean something to a shell, or to the reader. */
const alphabet = Array.from("ab /'\"\\$`[]=;<{}!*#&|~\n\t.-ä😀");

/** Words of up to five characters, made by counting, so that a failure is the same on every run. */
function wordOf(index: number): string {
  let rest = index;
  let word = "";
  while (rest > 0) {
    word += alphabet[rest % alphabet.length] ?? "";
    rest = Math.floor(rest / alphabet.length);
  }
  return word;
}

/** Numbers without a pattern (a linear congruential generator). */
const numbers = Array.from({ length: 5000 }).reduce<number[]>(
  (found) => [...found.slice(-4999), ((found.at(-1) ?? 1) * 1_103_515_245 + 12_345) % 2 ** 31],
  [1],
);

describe("unquoting", () => {
  it("gives back every word that was quoted", () => {
    for (const word of ["", "'", "''", "a'b", "-n", "END", ...numbers.map(wordOf)]) {
      const quoted = shellQuote(word);
      assert.deepEqual(readWord(quoted, 0), { word, end: quoted.length }, JSON.stringify(word));
    }
  });

  it("gives back every command that was quoted", () => {
    for (let index = 0; index + 4 < numbers.length; index += 4) {
      const words = numbers.slice(index, index + 4).map(wordOf);
      assert.deepEqual(unquoteCommand(shellCommand(words)), words);
    }
    assert.deepEqual(unquoteCommand(""), []);
  });

  it("ends a command where something else begins", () => {
    assert.deepEqual(readWords("file /etc/x root <<'END'\n", 0), {
      words: ["file", "/etc/x", "root"],
      end: 16,
    });
    assert.deepEqual(readWords("a 'b\nc'\nd", 0), { words: ["a", "b\nc"], end: 7 });
  });

  it("refuses what a shell would compute, and what is cut off", () => {
    for (const line of ["$HOME", "a $(id)", "a `id`", 'a "b"', "a  b", "a; b", "a | b", "a *"]) {
      assert.throws(() => unquoteCommand(line), /not a plain command|no word begins/, line);
    }
    assert.throws(() => unquoteCommand("a 'b"), /not closed/);
  });
});
