import { stringify } from "yaml";
import { binaryPath, paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { renderUnit } from "../plan/systemd";

/** The group whose members administer the cluster; an ordinary group, so its binding can be withdrawn. */
export const clusterAdminsGroup = "redoubt:cluster-admins";

/**
 * Binds {@link clusterAdminsGroup} to `cluster-admin`. Only `system:masters` may do that in a new cluster, and its certificates
 * can't be withdrawn (kubernetes.io/docs/concepts/security/rbac-good-practices, least privilege). So the one such
 * credential stays root's on the control plane hosts, and this unit is all that uses it in the bootstrap.
 */
export function bootstrapAdmins(): PlanFragment {
  const manifest = `${paths.kubernetes}/bootstrap-admins.yaml`;
  const content = stringify({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: clusterAdminsGroup },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: clusterAdminsGroup }],
  });
  const unit = renderUnit({
    Unit: {
      Description: "Bind the group of cluster administrators",
      After: "kube-apiserver.service",
      Requires: "kube-apiserver.service",
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: `${binaryPath("kubectl")} --kubeconfig=${paths.superAdminKubeconfig} apply --server-side --field-manager=redoubt -f ${manifest}`,
      // The role itself is made by a hook of the API server that may finish a moment after it is ready.
      Restart: "on-failure",
      RestartSec: "1s",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    files: [{ path: manifest, content, mode: "0600" }],
    units: [{ name: "redoubt-bootstrap-admins.service", content: unit, restartOn: [manifest] }],
    // The API server says it is ready before it can say what it serves; clients that ask for the schema would fail.
    readiness: ["/readyz", "/openapi/v2"].map((path) => ({
      description: `the API server answers ${path}`,
      command: [
        "bash",
        "-c",
        `${binaryPath("kubectl")} --kubeconfig=${paths.superAdminKubeconfig} --request-timeout=5s get --raw ${path} >/dev/null`,
      ],
      timeoutSeconds: 60,
    })),
  };
}
