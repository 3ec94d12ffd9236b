import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What a ValidatingAdmissionPolicy looks at, and what must hold (admissionregistration.k8s.io/v1). */
export type AdmissionRule = kubernetes.types.input.admissionregistration.v1.ValidatingAdmissionPolicySpec;

/**
 * A ValidatingAdmissionPolicy and its binding, without which it decides nothing: what breaks the rule is denied.
 *
 * @param name Of the resource; that of the binding has `-binding` behind it.
 * @param policyName Of both objects in the cluster.
 */
export function denyingPolicy(
  name: string,
  policyName: string,
  spec: AdmissionRule,
  opts: pulumi.CustomResourceOptions,
): void {
  const policy = new kubernetes.admissionregistration.v1.ValidatingAdmissionPolicy(
    name,
    { metadata: { name: policyName }, spec },
    opts,
  );
  new kubernetes.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    `${name}-binding`,
    { metadata: { name: policyName }, spec: { policyName, validationActions: ["Deny"] } },
    { ...opts, dependsOn: policy },
  );
}
