import { z } from "zod";

/** A name of DNS and Kubernetes (RFC 1123). */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "must be a DNS label: lower case letters, digits and dashes (RFC 1123)",
  )
  .max(63);

/** An IPv4 network. */
export const cidr = z
  .string()
  .regex(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, "must be an IPv4 network, as 10.0.0.0/16");
/** An IPv4 address. */
export const ipAddress = z.ipv4("must be an IPv4 address");
/** A TCP or UDP port. */
export const port = z.number().int().min(1).max(65535);

/** Processors that hosts may have, as Debian names them; the toolchain makes programs for these. */
export const architecture = z.enum(["amd64", "arm64"]);
export type Architecture = z.infer<typeof architecture>;
