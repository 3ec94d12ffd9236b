/** What a change does to who uses the cluster, from nothing to the worst. */
export const impactClasses = [
  "none",
  "reload",
  "restart-kubelet",
  "restart-control-plane",
  "drain",
  "reboot",
  "data-loss",
] as const;

/** One of {@link impactClasses}. */
export type ImpactClass = (typeof impactClasses)[number];

/** A class and why it is that one. */
export interface Impact {
  readonly class: ImpactClass;
  /** One sentence, without a full stop. */
  readonly reason: string;
}

/** How a class is called and what a reader must know of it. */
export const impactTexts: Readonly<
  Record<ImpactClass, { readonly title: string; readonly meaning: string }>
> = {
  none: { title: "none", meaning: "nothing that runs notices" },
  reload: { title: "reload", meaning: "taken up by what runs, without a restart and without an outage" },
  "restart-kubelet": {
    title: "restart of kubelet",
    meaning:
      "the kubelet, or another service of one host that is no control plane's, restarts; pods keep running",
  },
  "restart-control-plane": {
    title: "restart of one control plane",
    meaning:
      "the API server, a controller or an etcd member restarts, one host after another; with a single control plane the API does not answer for some seconds",
  },
  drain: { title: "drain", meaning: "pods are stopped, moved or made again" },
  reboot: {
    title: "reboot",
    meaning: "the host boots by it, or it takes effect, or goes away, only with the next boot of the host",
  },
  "data-loss": {
    title: "data loss",
    meaning: "data goes and only a backup brings it back, or what protects it changes",
  },
};

const rank = (impact: Impact): number => impactClasses.indexOf(impact.class);

/** Worst first. */
export function compareImpact(left: Impact, right: Impact): number {
  return rank(right) - rank(left);
}

/** The worst of several; the first of equals. */
export function worstImpact(impacts: readonly Impact[], otherwise: Impact): Impact {
  return [...impacts].sort(compareImpact)[0] ?? otherwise;
}
