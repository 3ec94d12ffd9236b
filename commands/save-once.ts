/**
 * Tells the engine to save the state once, at its end, also when that is a failure, instead of twice for each resource, which is most of
 * its work. Only for what an engine that is killed may leave unknown to the state.
 */
export const saveOnce = { PULUMI_SKIP_CHECKPOINTS: "true" } as const;
