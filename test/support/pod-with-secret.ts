/** A pod of namespace `app` that mounts a secret and sleeps, placed on a node; any namespace of the stack admits it. */
export function podWithSecret(name: string, secretName: string, nodeName: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "app" },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "main",
          image: "redoubt.local/probe:1",
          command: ["/bin/busybox", "sleep", "3600"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
      volumes: [{ name: "secret", secret: { secretName } }],
    },
  });
}
