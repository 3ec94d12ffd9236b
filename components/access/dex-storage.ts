import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dexNamespace, dexUser } from "../pki/identities";

const group = "dex.coreos.com";

/** What Dex keeps, plural → kind, as its storage names them (dexidp.io/docs/storage, "Kubernetes custom resource definitions"). */
export const dexResources: Readonly<Record<string, string>> = {
  authcodes: "AuthCode",
  authrequests: "AuthRequest",
  connectors: "Connector",
  devicerequests: "DeviceRequest",
  devicetokens: "DeviceToken",
  oauth2clients: "OAuth2Client",
  offlinesessionses: "OfflineSessions",
  passwords: "Password",
  refreshtokens: "RefreshToken",
  signingkeies: "SigningKey",
};

/** Dex's rights: its own objects in its own namespace. Not `watch`, which it never does, and not the definitions, which the stack makes. */
export const dexRules = [
  {
    apiGroups: [group],
    resources: Object.keys(dexResources),
    verbs: ["get", "list", "create", "update", "delete"],
  },
];

/** Dex's store in the cluster: definitions, namespace, and the right to use them. */
export class DexStorage extends pulumi.ComponentResource {
  public constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:access:DexStorage", name, {}, opts);
    const child = { parent: this };

    // What it keeps.
    for (const [plural, kind] of Object.entries(dexResources)) {
      new kubernetes.apiextensions.v1.CustomResourceDefinition(
        `${name}-${plural}`,
        {
          metadata: { name: `${plural}.${group}` },
          spec: {
            group,
            scope: "Namespaced",
            names: { plural, singular: kind.toLowerCase(), kind },
            versions: [
              {
                name: "v1",
                served: true,
                storage: true,
                schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
              },
            ],
          },
        },
        child,
      );
    }

    // Where, and who may. Nothing runs in the namespace; should something ever, it can reach nobody.
    const namespace = new kubernetes.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: dexNamespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      child,
    );
    const inNamespace = { parent: this, dependsOn: [namespace] };
    new kubernetes.networking.v1.NetworkPolicy(
      `${name}-default-deny`,
      {
        metadata: { name: "default-deny", namespace: dexNamespace },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      inNamespace,
    );
    const metadata = { name: dexUser, namespace: dexNamespace };
    const role = new kubernetes.rbac.v1.Role(`${name}-role`, { metadata, rules: dexRules }, inNamespace);
    const apiGroup = "rbac.authorization.k8s.io";
    new kubernetes.rbac.v1.RoleBinding(
      `${name}-role-binding`,
      {
        metadata,
        roleRef: { apiGroup, kind: "Role", name: dexUser },
        subjects: [{ apiGroup, kind: "User", name: dexUser }],
      },
      { parent: this, dependsOn: [role] },
    );
    this.registerOutputs({});
  }
}
