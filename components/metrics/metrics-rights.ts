/**
 * metrics-server's rights. Who asks it is known from the API server, so that it need not ask whose a token is (`tokenreviews`, the other half
 * of `system:auth-delegator`); and what it knows of itself it need not look up (`extension-apiserver-authentication-reader`).
 */
export const metricsServerRules = [
  // The kubelet's figures, by `/metrics` and what is below it; neither its logs nor commands in pods (kubernetes.io/docs, Kubelet authentication/authorization).
  { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
  // Which kubelets there are, and which pods: of those it reads names alone.
  { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["list", "watch"] },
  // Whether who asks may see it.
  { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
];
