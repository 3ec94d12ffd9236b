import https from "node:https";
import type * as client from "openid-client" with { "resolution-mode": "import" };

/** An issuer of tokens, as people's computers know it. */
export interface OidcIssuer {
  /** URL, as in the claim `iss`. */
  readonly issuer: string;
  readonly clientId: string;
  /** PEM of the only authority that may vouch for the issuer. Undefined: those that Node.js trusts. */
  readonly certificateAuthority?: string | undefined;
}

/** What a login or its renewal gives. */
export interface Tokens {
  readonly idToken: string;
  /** Undefined: the issuer gave none, so the login can't be renewed. */
  readonly refreshToken: string | undefined;
  /** Claims of the id token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What is asked for: who somebody is, in which groups, which connector vouched, and a token to renew it. */
const scope = "openid profile groups federated:id offline_access";
const timeoutSeconds = 15;

/** The library is an ES module; a program that is none loads it when it needs it. */
const library = (): Promise<typeof client> => import("openid-client");

/** `fetch` that trusts one authority and no other, which Node's own can't be told. */
function fetchTrusting(certificateAuthority: string | undefined): client.CustomFetch {
  return (url, options) =>
    new Promise((resolve, reject) => {
      const trust = certificateAuthority === undefined ? {} : { ca: certificateAuthority };
      const { method, headers, signal } = options;
      const request = https.request(
        url,
        { ...trust, method, headers, ...(signal === undefined ? {} : { signal }), agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const given = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
            const status = response.statusCode ?? 0;
            // A response of these has no body (Fetch standard, "null body status").
            const body = status === 204 || status === 304 ? null : Buffer.concat(chunks);
            resolve(
              new Response(body, { status, headers: Object.fromEntries(given) as Record<string, string> }),
            );
          });
        },
      );
      request.on("error", reject);
      // The library sends forms and nothing else.
      request.end(options.body instanceof URLSearchParams ? options.body.toString() : undefined);
    });
}

/** The codes and texts of an error and of what caused it. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

const unreachable = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNRESET",
  "ETIMEDOUT",
]);

/** What an issuer answers when it refuses (RFC 6749, 5.2); the library's error of that class. */
interface Refusal extends Error {
  readonly error: string;
  readonly error_description?: string;
}

/** The issuer's own refusal among the causes of an error. */
export function refusalOf(error: unknown): Refusal | undefined {
  return causesOf(error).find(
    (cause): cause is Refusal => "error" in cause && typeof cause.error === "string",
  );
}

/** An error that says what is wrong with the way to the issuer, and what to do; others come back as they are. */
export function explained(error: unknown, { issuer }: OidcIssuer): Error {
  const causes = causesOf(error);
  const codes = causes.flatMap((cause) =>
    "code" in cause && typeof cause.code === "string" ? [cause.code] : [],
  );
  const last = causes.at(-1)?.message ?? String(error);
  if (causes.some(({ name }) => name === "TimeoutError" || name === "AbortError")) {
    return new Error(
      `${issuer} did not answer within ${timeoutSeconds} s. Fix: try again; when it goes on, its directory may be unreachable: "journalctl -u dex" on a control plane says so`,
    );
  }
  if (codes.some((code) => unreachable.has(code))) {
    return new Error(
      `${issuer} can't be reached (${last}). Fix: check that this computer is in apiServer.allowedCidrs and that Dex runs; certificates work meanwhile`,
    );
  }
  if (codes.includes("CERT_HAS_EXPIRED")) {
    return new Error(`the certificate of ${issuer} has expired. Fix: change pki.epoch and run up`);
  }
  if (codes.some((code) => /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))) {
    return new Error(
      `the certificate of ${issuer} is not of the authority that this login trusts (${last}). Fix: get the stack's output "login" anew; when it is up to date, somebody else answers at that address`,
    );
  }
  const refusal = refusalOf(error);
  if (refusal !== undefined) {
    return new Error(`${issuer} refused: ${refusal.error_description ?? refusal.error}`);
  }
  return new Error(`${issuer}: ${last}`);
}

async function configurationOf(issuer: OidcIssuer): Promise<client.Configuration> {
  const { discovery, None, customFetch } = await library();
  const options = { [customFetch]: fetchTrusting(issuer.certificateAuthority), timeout: timeoutSeconds };
  return discovery(new URL(issuer.issuer), issuer.clientId, undefined, None(), options);
}

type TokenResponse = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

function tokensOf(response: TokenResponse, { issuer }: OidcIssuer): Tokens {
  const { id_token: idToken, refresh_token: refreshToken } = response;
  const claims = response.claims();
  if (idToken === undefined || claims === undefined) throw new Error(`${issuer} gave no id token`);
  return { idToken, refreshToken, claims };
}

/** Runs an exchange with the issuer; what goes wrong on the way is {@link explained}. */
async function exchange(
  issuer: OidcIssuer,
  grant: (configuration: client.Configuration, oidc: typeof client) => Promise<TokenResponse>,
): Promise<Tokens> {
  try {
    return tokensOf(await grant(await configurationOf(issuer), await library()), issuer);
  } catch (error) {
    const reason = explained(error, issuer);
    reason.cause = error;
    throw reason;
  }
}

/** Password grant (RFC 6749, 4.3): the issuer sees the password, nobody else keeps it. */
export async function loginWithPassword(issuer: OidcIssuer, user: string, password: string): Promise<Tokens> {
  try {
    return await exchange(issuer, (configuration, { genericGrantRequest }) =>
      genericGrantRequest(configuration, "password", { username: user, password, scope }),
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal?.error === "access_denied" || refusal?.error === "invalid_grant") {
      throw new Error(`wrong user name or password for ${user}`, { cause: error });
    }
    if (refusal?.error === "invalid_request" && refusal.error_description === "Could not login user") {
      throw new Error(
        `${issuer.issuer} could not check the password of ${user}: it can't use its directory (unreachable, certificate of another authority, or wrong bind password). Fix: "journalctl -u dex" on a control plane says which`,
        { cause: error },
      );
    }
    throw error;
  }
}

/**
 * Device grant (RFC 8628): somebody logs in with a browser, anywhere, by whatever the issuer offers.
 *
 * @param show Gets where to go and what to enter there.
 */
export function loginWithDevice(
  issuer: OidcIssuer,
  show: (where: string, code: string) => void,
): Promise<Tokens> {
  return exchange(issuer, async (configuration, oidc) => {
    const device = await oidc.initiateDeviceAuthorization(configuration, { scope });
    show(device.verification_uri_complete ?? device.verification_uri, device.user_code);
    return oidc.pollDeviceAuthorizationGrant(configuration, device);
  });
}

/** New tokens for a refresh token, which may be good only once (RFC 6749, 6). */
export function renew(issuer: OidcIssuer, refreshToken: string): Promise<Tokens> {
  return exchange(issuer, (configuration, { refreshTokenGrant }) =>
    refreshTokenGrant(configuration, refreshToken),
  );
}
