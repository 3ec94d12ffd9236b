/** What a test's pod is, beside what every namespace of the stack asks of it. */
export interface AdmittedPod {
  /** What its one container runs. Default: the image's own command. */
  readonly command?: readonly string[];
  /** More fields of the container, as `resources`. */
  readonly container?: object;
  /** More fields of the spec, as `nodeName`. */
  readonly spec?: object;
}

/** The spec of a pod that any namespace of the stack admits: of PodSecurity's restricted profile, and without a token. */
export function admittedPodSpec({ command, container = {}, spec = {} }: AdmittedPod): object {
  return {
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "main",
        image: "redoubt.local/probe:1",
        ...(command === undefined ? {} : { command }),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        ...container,
      },
    ],
    ...spec,
  };
}
