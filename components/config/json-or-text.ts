/** A value of Pulumi's configuration: what is JSON is read as that, as `pulumi config set` without `--path` writes it; a plain word is itself. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
