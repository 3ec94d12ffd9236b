import { z } from "zod";

/** Something that the engine has begun, as a state names it until it is done. */
export const pendingOperation = z.looseObject({
  /** As `creating`. */
  type: z.string(),
  resource: z.looseObject({ urn: z.string(), type: z.string() }),
});
/** Something that the engine has begun. */
export type PendingOperation = z.infer<typeof pendingOperation>;

/**
 * URNs of what the engine had begun to create on AWS when it was killed. Begun again it would be there twice, and the first one, which
 * no state knows, would cost, keep names and addresses, and stay. All else that the program creates may be begun again: scripts
 * converge, objects are applied, and keys are made on the box of who runs `up`.
 */
export function pendingOnAws(pending: readonly PendingOperation[]): readonly string[] {
  return pending
    .filter(({ type, resource }) => type === "creating" && resource.type.startsWith("aws:"))
    .map(({ resource }) => resource.urn);
}

/**
 * Refuses to change or remove a stack while AWS may have what its state does not know.
 *
 * @param stackUrn Of the stack itself: asking for it alone asks nobody, and the pending creations are dropped by the way.
 * @throws naming each of them, where to look, and the command that drops them.
 */
export function refusePendingOnAws(
  stack: string,
  stackUrn: string,
  pending: readonly PendingOperation[],
): void {
  const urns = pendingOnAws(pending);
  if (urns.length === 0) return;
  const list = urns.map((urn) => `\n  - ${urn}`).join("");
  throw new Error(
    `stack ${stack}: an engine was cut off while it created what follows, so AWS may have it though the state does not; begun again, it would be there twice. Nothing was changed.${list}\n` +
      `Fix: unless another up is at work on this stack, look for each in AWS (tags redoubt:stack = ${stack} and Name) and delete what is there (docs/aws.md, "When up was killed"). Then: ` +
      `eval "$(npm run -s env -- --stack ${stack})"; pulumi refresh --yes --skip-preview --clear-pending-creates --target '${stackUrn}' --stack ${stack}`,
  );
}
