import { z } from "zod";

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const hostPattern = `${label}(\\.${label})*(:[1-9][0-9]{0,4})?`;

/** The host of a mirror's URL, with its port, as containerd compares it. */
export function registryOf(url: string): string {
  return url.split("/")[2] ?? "";
}

const mirror = z.strictObject({
  url: z
    .string()
    .regex(
      new RegExp(`^https://${hostPattern}(/[A-Za-z0-9._~-]+)*$`),
      "must be an https URL of a name or an IPv4 address, without user, query and fragment, and without / at its end",
    )
    .describe("URL of the mirror, as `https://mirror.example.com:5000`; containerd adds `/v2` to it."),
  overridePath: z
    .boolean()
    .default(false)
    .describe(
      "Whether the path of `url` is the root of the registry's API as it stands, and no `/v2` is added (containerd's `override_path`), as in `https://harbor.example.com/v2/docker-hub`.",
    ),
});

const hostForm =
  "must be the host of a registry as images name it, in small letters, with its port where it has one: docker.io, registry.example.com:5000";

const registry = z.strictObject({
  host: z
    .string()
    .regex(new RegExp(`^(_default|${hostPattern})$`), `${hostForm}; or _default`)
    .describe(
      "Host and port by which images name the registry, or by which it is a mirror of another. `_default` stands for every registry that has no entry.",
    ),
  mirrors: z
    .array(mirror)
    .default([])
    .describe(
      "Who is asked in place of the registry, in this order. The authority and the login of a mirror stand in an entry of its own host. Default: none, the registry itself is asked.",
    ),
  fallback: z
    .boolean()
    .default(false)
    .describe(
      "Whether the registry itself is asked where no mirror gives an image. Default: nobody is asked but the mirrors.",
    ),
  certificateAuthority: z
    .string()
    .optional()
    .describe(
      "PEM of authorities that the registry's certificate may be of, beside those that the host trusts anyhow.",
    ),
  username: z
    .string()
    .regex(/^[^:\p{Cc}\p{Cs}]+$/u, "must hold no colon and no control character (RFC 7617)")
    .optional()
    .describe(
      "User that hosts log in to the registry as, for every pod; the password is `secrets.registryPasswords.HOST`. A pod's own `imagePullSecrets` go before it. Default: nobody logs in.",
    ),
});

/** Passwords of {@link imageSettings}, by host; a part of the block `secrets`. */
export const registryPasswords = z
  .record(
    z.string(),
    z.string().regex(/^[^\p{Cc}\p{Cs}]+$/u, "must be one line without control characters (RFC 7617)"),
  )
  .default({})
  .describe("Passwords of `images.registries[].username`, by host.");

/** Where images of pods come from. */
export const imageSettings = z.strictObject({
  registries: z
    .array(registry)
    .default([])
    .describe(
      "Registries that hosts reach otherwise than by their name, by the internet's authorities and without a login (docs/registries.md). A change restarts nothing, but for logins: they restart containerd.",
    ),
  allowedRegistries: z
    .array(z.string().regex(new RegExp(`^${hostPattern}$`), hostForm))
    .default([])
    .describe(
      "Registries that images of pods may come from, by the host in the name of an image, in every namespace; admission refuses all others. Default: every registry.",
    ),
});

/** A registry as the settings name it. */
export type RegistrySettings = z.infer<typeof registry>;
