import ipaddr from "ipaddr.js";
import { z } from "zod";

/** A name of DNS and Kubernetes (RFC 1123). */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "must be a DNS label: lower case letters, digits and dashes (RFC 1123)",
  )
  .max(63);

/** Says what is wrong with a text that should be an IPv4 network, or nothing. */
function networkProblem(text: string): string | undefined {
  if (!/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/.test(text) || !ipaddr.IPv4.isValidCIDR(text)) {
    return "must be an IPv4 network, as 10.0.0.0/16";
  }
  const [base, prefix] = text.split("/");
  const network = ipaddr.IPv4.networkAddressFromCIDR(text).toString();
  if (network === base) return undefined;
  // 10.0.0.0/0 is everybody, and a service range that begins at its fifth address has its DNS elsewhere.
  return `is no network: it begins in the middle of one; write it as ${network}/${prefix ?? ""}`;
}

/** An IPv4 network. */
export const cidr = z.string().superRefine((text, context) => {
  const message = networkProblem(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});
/** An IPv4 address. */
export const ipAddress = z.ipv4("must be an IPv4 address");
/** A TCP or UDP port. */
export const port = z.number().int().min(1).max(65535);

/** Processors that hosts may have, as Debian names them; the toolchain makes programs for these. */
export const architecture = z.enum(["amd64", "arm64"]);
export type Architecture = z.infer<typeof architecture>;

/** Counts the keys, or authorities, that follow each other for one purpose. */
export const generation = z.number().int().min(1);
