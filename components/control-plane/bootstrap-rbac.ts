import { stringify } from "yaml";
import { binaryPath, paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { startLimitSeconds } from "../plan/start-limit";
import { renderUnit } from "../plan/systemd";
import { clusterAdminsGroup, kubeletClientUser, kubeRouterUser } from "../pki/identities";

const apiGroup = "rbac.authorization.k8s.io";
const apiVersion = `${apiGroup}/v1`;
const read = ["get", "list", "watch"];

/** What kube-router reads to enforce policies; it writes nothing. */
export const kubeRouterRules = [
  { apiGroups: [""], resources: ["endpoints", "namespaces", "nodes", "pods", "services"], verbs: read },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
];

function clusterRoleBinding(name: string, role: string, kind: "User" | "Group", subject: string): object {
  return {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup, kind, name: subject }],
  };
}

/** What must be bound before anything else can work: the administrators, and the cluster's own components. */
export function bootstrapObjects(): readonly object[] {
  return [
    clusterRoleBinding(clusterAdminsGroup, "cluster-admin", "Group", clusterAdminsGroup),
    // Without it no policy is enforced, and pods that start meanwhile are open.
    { apiVersion, kind: "ClusterRole", metadata: { name: kubeRouterUser }, rules: kubeRouterRules },
    clusterRoleBinding(kubeRouterUser, kubeRouterUser, "User", kubeRouterUser),
    // `kubectl logs` and `exec` go through the API server to a kubelet.
    clusterRoleBinding("redoubt:kubelet-api", "system:kubelet-api-admin", "User", kubeletClientUser),
    // A kubelet renews its own client certificate, and no other (kubernetes.io/docs, kubelet TLS bootstrapping).
    clusterRoleBinding(
      "redoubt:kubelet-renewal",
      "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
      "Group",
      "system:nodes",
    ),
  ];
}

/** Where the objects lie on a control plane. */
export const bootstrapManifest = `${paths.kubernetes}/bootstrap-rbac.yaml`;

/** The unit that makes the first bindings; it stops with the API server, and does not start with it. */
export const bootstrapUnit = "redoubt-bootstrap-rbac.service";

/**
 * Makes the first bindings. Only `system:masters` may do that in a new cluster, and its certificates can't be withdrawn
 * (kubernetes.io/docs/concepts/security/rbac-good-practices, least privilege). So the one such credential stays root's on the
 * control plane hosts, and this unit is what uses it.
 */
export function bootstrapRbac(): PlanFragment {
  const manifest = bootstrapManifest;
  const content = bootstrapObjects()
    .map((item) => stringify(item, { aliasDuplicateObjects: false }))
    .join("---\n");
  const kubectl = `${binaryPath("kubectl")} --kubeconfig=${paths.superAdminKubeconfig}`;
  const apply = `${kubectl} apply --server-side --force-conflicts --field-manager=redoubt -f ${manifest}`;
  const unit = renderUnit({
    Unit: {
      Description: "First role bindings of the cluster",
      After: "kube-apiserver.service",
      Requires: "kube-apiserver.service",
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: apply,
      // The roles themselves are made by a hook of the API server that may finish a moment after it is ready.
      Restart: "on-failure",
      RestartSec: "1s",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    files: [{ path: manifest, content, mode: "0600" }],
    // Bindings that somebody changed by hand. While no API server answers there is nothing to compare; one whose etcd was just
    // restarted answers after some seconds.
    steps: [
      {
        description: "first role bindings of the cluster as they are written",
        unless: [
          "bash",
          "-c",
          `systemctl is-active --quiet ${bootstrapUnit} || exit 0
until ${kubectl} --request-timeout=5s get --raw /readyz >/dev/null 2>&1; do
  ((SECONDS < 10)) || exit 0
  sleep 0.2
done
${kubectl} diff --server-side --force-conflicts --field-manager=redoubt -f ${manifest}`,
        ],
        command: ["bash", "-c", apply],
      },
    ],
    units: [{ name: bootstrapUnit, content: unit, restartOn: [manifest] }],
    // The API server says it is ready before it can say what it serves; clients that ask for the schema would fail.
    readiness: ["/readyz", "/openapi/v2"].map((path) => ({
      description: `the API server answers ${path}`,
      command: ["bash", "-c", `${kubectl} --request-timeout=5s get --raw ${path} >/dev/null`],
      timeoutSeconds: startLimitSeconds,
    })),
  };
}
