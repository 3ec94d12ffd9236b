/**
 * Finds a text where it stands in clear or in base64, which has three alignments: what comes before it decides which. The groups of
 * base64 that neighbours have a part in are left out.
 *
 * @param text Plain ASCII of nine characters at least; less of it leaves too little in base64 to tell it from anything else.
 */
export function traceOf(text: string): RegExp {
  if (text.length < 9) throw new Error(`${text} is too short to be found in base64`);
  const inBase64 = ["", "x", "xx"].map((before) =>
    Buffer.from(`${before}${text}`)
      .toString("base64")
      .slice(before === "" ? 0 : 4, -4),
  );
  const sources = [text, ...inBase64].map((form) => form.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  return new RegExp(sources.join("|"));
}
