/** `1.35` of `1.35.4` or `v1.35.4`. */
export function minorVersion(version: string): string {
  return version.replace(/^v/, "").split(".").slice(0, 2).join(".");
}

/** 35 of `1.35.4`: minors of Kubernetes are compared by it, all are of major 1. */
export function minorNumber(version: string): number {
  return Number(version.split(".")[1]);
}
