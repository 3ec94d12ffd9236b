/** A resource's name in the state, taken apart: `urn:pulumi:STACK::PROJECT::PARENT-TYPE$…$TYPE::NAME`. */
export interface Urn {
  readonly stack: string;
  readonly type: string;
  /** Types of the parents, outermost first. */
  readonly parentTypes: readonly string[];
  readonly name: string;
}

/** @throws when the text is no URN. */
export function parseUrn(urn: string): Urn {
  const match = /^urn:pulumi:([^:]*)::[^:]*::(.+?)::(.*)$/s.exec(urn);
  const [, stack, types, name] = match ?? [];
  if (stack === undefined || types === undefined || name === undefined) {
    throw new Error(`${JSON.stringify(urn)} is no URN of Pulumi`);
  }
  const chain = types.split("$");
  return { stack, type: chain.at(-1) ?? "", parentTypes: chain.slice(0, -1), name };
}
