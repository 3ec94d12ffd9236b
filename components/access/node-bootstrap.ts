import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { nodeBootstrapBinding, nodeBootstrappersGroup } from "./bootstrap-token";

const rbac = "rbac.authorization.k8s.io";

/**
 * What a bearer of a bootstrap token may do: ask for a node's client certificate and look whether it is there
 * (kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping). Nothing approves the request by itself: with that,
 * who holds a token could become any node. Its group is one of Kubernetes' own prefix, because tokens may give no other.
 */
export class NodeBootstrap extends pulumi.ComponentResource {
  public constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:access:NodeBootstrap", name, {}, opts);
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-binding`,
      {
        metadata: { name: nodeBootstrapBinding },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:node-bootstrapper" },
        subjects: [{ apiGroup: rbac, kind: "Group", name: nodeBootstrappersGroup }],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
