import type { AdmissionRule } from "./denying-policy";

/** Names the images that hosts load from archives: CoreDNS' and the probe's among them. */
const archives = "redoubt.local";

/** Texts as a list in CEL. */
function listOf(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(", ")}]`;
}

/** All that a pod names as an image: of each kind of container, and of volumes (kubernetes.io/docs, Use an Image Volume With a Pod). */
function imagesOf(pod: string): string {
  const containers = ["containers", "initContainers", "ephemeralContainers"].map(
    (kind) => `${pod}.spec.?${kind}.orValue([]).map(c, c.?image.orValue(''))`,
  );
  const volumes = `${pod}.spec.?volumes.orValue([]).map(v, has(v.image), v.image.?reference.orValue(''))`;
  return [...containers, volumes].join(" + ");
}

/** The first part of a name is a registry when it looks like one, else Docker Hub's is meant (distribution/reference, splitDockerDomain). */
const registry =
  "i.contains('/') && (i.split('/')[0].matches('[.:A-Z]') || i.split('/')[0] == 'localhost') ? i.split('/')[0] : 'docker.io'";

/**
 * From which registries images of pods may come (NSA/CISA Kubernetes Hardening Guide 1.2, "Building secure container images"). Of a pod
 * that is there already only what is new is judged, so that it can still be changed and deleted, also where its images are so many that
 * each by itself would cost more than CEL may; no namespace is let be, and nobody. An image by its ID is of no registry: a runtime takes
 * it from whatever is on the node.
 *
 * @param hosts As images name them.
 */
export function allowedRegistries(hosts: readonly string[]): AdmissionRule {
  // Another name of the same (distribution/reference, normalize.go).
  const names = [...hosts, ...(hosts.includes("docker.io") ? ["index.docker.io"] : []), archives];
  return {
    failurePolicy: "Fail",
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["CREATE", "UPDATE"],
          resources: ["pods", "pods/ephemeralcontainers"],
        },
      ],
    },
    variables: [
      { name: "images", expression: imagesOf("object") },
      { name: "known", expression: `request.operation == 'CREATE' ? [] : ${imagesOf("oldObject")}` },
    ],
    validations: [
      {
        expression: `variables.images == variables.known || variables.images.all(i, i in variables.known || !i.startsWith('sha256:') && (${registry}) in ${listOf(names)})`,
        message: `images must come from ${hosts.join(", ")} (images.allowedRegistries)`,
      },
    ],
  };
}
