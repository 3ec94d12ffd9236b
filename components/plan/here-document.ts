/** A here-document whose delimiter is no line of the text, so that the text stands in the script as it stands on disk. */
export function hereDocument(text: string): string {
  let delimiter = "END";
  const lines = new Set(text.split("\n"));
  while (lines.has(delimiter)) delimiter += "_";
  return `<<'${delimiter}'\n${text}${delimiter}\n`;
}
