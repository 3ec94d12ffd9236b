import type * as pulumi from "@pulumi/pulumi";

/**
 * A transform for components whose children live on a machine: when the machine is deleted they are gone, so nothing waits for a
 * server that no longer answers (resource option `deletedWith`). What already goes with something else of the machine keeps that.
 */
export function deletedWith(machine: pulumi.Resource | undefined): pulumi.ResourceTransform {
  return ({ custom, props, opts }) =>
    custom && machine !== undefined
      ? { props, opts: { ...opts, deletedWith: opts.deletedWith ?? machine } }
      : undefined;
}
