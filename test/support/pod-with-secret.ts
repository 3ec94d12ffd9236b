import { admittedPodSpec } from "./admitted-pod";

/** A pod of namespace `app` that mounts a secret and sleeps, placed on a node; any namespace of the stack admits it. */
export function podWithSecret(name: string, secretName: string, nodeName: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "app" },
    spec: admittedPodSpec({
      command: ["/bin/busybox", "sleep", "3600"],
      spec: { nodeName, volumes: [{ name: "secret", secret: { secretName } }] },
    }),
  });
}
