/** What Go's strconv.ParseBool takes; flags and feature gates are read by it. */
const spellings: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);

/** A boolean as programs of Kubernetes and etcd read it; undefined for a text that is none. */
export function goBoolean(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : spellings.get(text);
}
