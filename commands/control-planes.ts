import type { RecordedHost, StackState } from "../drift/stack-state";

/**
 * The control planes of a stack, in the order of its configuration.
 *
 * @throws when it has none.
 */
export function controlPlanesOf(
  stack: string,
  { hosts }: StackState,
): readonly [RecordedHost, ...RecordedHost[]] {
  const [first, ...others] = hosts.filter(({ role }) => role === "control-plane");
  if (first === undefined) {
    throw new Error(`stack ${stack} has no cluster. Fix: npm run up -- --stack ${stack}`);
  }
  return [first, ...others];
}
