import { z } from "zod";

const prefix = z.string().min(1).max(40).regex(/^\S+$/, "must not hold white space");
const claim = z.string().min(1);

/** One entry of `authentication.oidc`. */
export const oidcIssuerSchema = z.strictObject({
  url: z
    .string()
    .regex(
      /^https:\/\/[^\s?#]+$/,
      "must be an https URL without query, exactly as the issuer's tokens bear it",
    )
    .describe("Issuer, as in the claim `iss`; its discovery document lies below."),
  audiences: z
    .array(z.string().min(1))
    .min(1, "must name one audience at least: a token for anybody is for nobody")
    .describe("Client ids, one of which the claim `aud` must name."),
  certificateAuthority: z
    .string()
    .optional()
    .describe(
      "PEM of the authority that signed the issuer's certificate. Default: those that the hosts trust.",
    ),
  usernameClaim: claim
    .default("sub")
    .describe("Claim that becomes the user name; `sub`, because people can't change it."),
  usernamePrefix: prefix.describe("Stands before user names of this issuer."),
  groupsClaim: claim.default("groups").describe("Claim that becomes the groups."),
  groupsPrefix: prefix.describe("Stands before groups of this issuer."),
  requiredClaims: z
    .record(z.string(), z.string())
    .default({})
    .describe("Claims that a token must bear with just these values."),
});
