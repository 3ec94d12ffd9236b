import type { ApiServerPart } from "./api-server-part";

/**
 * Several subjects as one.
 *
 * @throws Error when two of them give the same flag.
 */
export function joinParts(parts: readonly ApiServerPart[]): ApiServerPart {
  const names = parts.flatMap(({ flags }) => Object.keys(flags));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two subjects of the API server give --${twice}`);
  return {
    flags: Object.assign({}, ...parts.map(({ flags }) => flags)) as ApiServerPart["flags"],
    files: parts.flatMap(({ files }) => files),
    absent: parts.flatMap(({ absent = [] }) => absent),
  };
}
