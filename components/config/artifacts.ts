import { readFileSync } from "node:fs";
import { z } from "zod";
import type { HostArchitecture } from "./host-architecture";
import { architecture } from "./schema-types";

const artifactSchema = z.object({
  version: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where hosts get it. */
  url: z.string(),
  /** Where it lies on the operator's box. */
  localPath: z.string(),
  /** The same program as its vendor gives it, with the vendor's sha256: it need not be that of a build of ours. */
  release: z.object({ url: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
});

const catalogueSchema = z.object({
  /** What programs and images are made for. */
  arch: architecture,
  kubernetesVersion: z.string(),
  artifacts: z.record(z.string(), artifactSchema),
  images: z.record(
    z.string(),
    artifactSchema.omit({ version: true, release: true }).extend({ reference: z.string() }),
  ),
  /** Root filesystem of local machines; there where the stack has some. */
  baseImage: z.string().optional(),
  cacheDir: z.string(),
});

/** What the toolchain has made ready: programs and images that hosts install, by name. */
export type Artifacts = z.infer<typeof catalogueSchema>;

/**
 * Reads the catalogue that `REDOUBT_ARTIFACTS` names.
 *
 * @throws when the variable is not set, or the file is not a catalogue.
 */
export function readArtifacts(environment: NodeJS.ProcessEnv = process.env): Artifacts {
  const file = environment["REDOUBT_ARTIFACTS"];
  const fix = 'Fix: run eval "$(npm run -s env)" in this shell, or use npm run up';
  if (file === undefined)
    throw new Error(`REDOUBT_ARTIFACTS is not set, so nobody knows what hosts install. ${fix}`);
  try {
    return catalogueSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(`REDOUBT_ARTIFACTS = ${file}: not a catalogue of artifacts. ${fix}`, { cause: error });
  }
}

/**
 * Refuses a catalogue of another Kubernetes version than the configuration's.
 *
 * @throws naming both versions.
 */
export function checkArtifactVersion(artifacts: Artifacts, kubernetesVersion: string): void {
  if (artifacts.kubernetesVersion === kubernetesVersion) return;
  throw new Error(
    `kubernetes.version = ${kubernetesVersion}, but this shell has artifacts of ${artifacts.kubernetesVersion}. Fix: run eval "$(npm run -s env -- --stack STACK)" again, or use npm run up`,
  );
}

/**
 * Root filesystem of local machines.
 *
 * @throws when the catalogue was made for a stack that has none.
 */
export function requiredBaseImage({ baseImage }: Artifacts): string {
  if (baseImage !== undefined) return baseImage;
  throw new Error(
    'hosts.provider = local, but this shell was made for a stack of other hosts. Fix: run eval "$(npm run -s env -- --stack STACK)" again, or use npm run up',
  );
}

/**
 * Refuses a catalogue of programs for other processors than those of the hosts, on which they would not start.
 *
 * @throws naming both.
 */
export function checkArtifactArchitecture(artifacts: Artifacts, wanted: HostArchitecture): void {
  if (artifacts.arch === wanted.architecture) return;
  throw new Error(
    `${wanted.because}, but this shell has artifacts for ${artifacts.arch}. Fix: run eval "$(npm run -s env -- --stack STACK)" again, or use npm run up`,
  );
}

/**
 * Refuses a catalogue that lacks the program of a part that is configured.
 *
 * @throws naming the setting.
 */
export function checkArtifactParts(
  { artifacts }: Pick<Artifacts, "artifacts">,
  { metricsServer }: { readonly metricsServer: { readonly enabled: boolean } },
): void {
  if (!metricsServer.enabled || "metrics-server" in artifacts) return;
  throw new Error(
    'metricsServer.enabled = true, but this shell was made for a stack without it. Fix: run eval "$(npm run -s env -- --stack STACK)" again, or use npm run up',
  );
}

/** Where a delivered file lies on a host; the same as `artifactStore` of the delivery. */
const deliveryStore = "/opt/redoubt/store";

/**
 * The catalogue for hosts that mount nothing from this box: files lie where the delivery puts them, in a folder that bears their
 * sha256, or hosts download what has a pinned release. For local machines it stays as it is.
 */
export function artifactsFor(
  provider: "local" | "inventory" | "aws",
  catalogue: Artifacts,
  way: "delivered" | "released" = "delivered",
): Artifacts {
  if (provider === "local") return catalogue;
  const inStore = <Item extends { sha256: string; localPath: string }>(item: Item): Item => {
    const name = item.localPath.split("/").at(-1) ?? "";
    return { ...item, url: `file://${deliveryStore}/${item.sha256}/${name}` };
  };
  const each = <Item>(items: Record<string, Item>, place: (item: Item) => Item): typeof items =>
    Object.fromEntries(Object.entries(items).map(([name, item]) => [name, place(item)]));
  const program = (item: Artifacts["artifacts"][string]): typeof item =>
    way === "released" && item.release !== undefined ? { ...item, ...item.release } : inStore(item);
  return {
    ...catalogue,
    artifacts: each(catalogue.artifacts, program),
    images: each(catalogue.images, inStore),
  };
}

/** The image `name` as pods refer to it. */
export function imageReference(artifacts: Artifacts, name: string): string {
  const image = artifacts.images[name];
  if (image === undefined) {
    throw new Error(`artifact catalogue: image ${name} is missing. Fix: run "npm run toolchain -- ensure"`);
  }
  return image.reference;
}

/** Every image, with the place on hosts where its archive lies. */
export function imageArchives(
  artifacts: Artifacts,
): { readonly reference: string; readonly archive: string }[] {
  return Object.values(artifacts.images).map(({ reference, url }) => ({
    reference,
    archive: new URL(url).pathname,
  }));
}
