import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { KeyPair } from "./certificates";

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JSON Web Token (RFC 7519) that anybody may have written: without a signature. */
export function unsignedToken(claims: Readonly<Record<string, unknown>>): string {
  return `${base64url({ alg: "none", typ: "JWT" })}.${base64url(claims)}.`;
}

/** Claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;
}

/** A small OpenID Connect issuer: discovery, keys, and tokens with whatever claims a test wants. */
export class OidcIssuer {
  readonly #server: https.Server;
  readonly #key = newKey();
  /** A key that the issuer does not publish. */
  readonly #foreignKey = newKey();
  #url = "";

  public constructor(pair: KeyPair) {
    this.#server = https.createServer(
      { cert: pair.certificate, key: pair.privateKey },
      (request, response) => {
        const documents: Readonly<Record<string, unknown>> = {
          "/.well-known/openid-configuration": {
            issuer: this.#url,
            jwks_uri: `${this.#url}/keys`,
            authorization_endpoint: `${this.#url}/auth`,
            token_endpoint: `${this.#url}/token`,
            response_types_supported: ["code"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256"],
          },
          "/keys": {
            keys: [{ ...this.#key.public.export({ format: "jwk" }), kid: "key-1", alg: "RS256", use: "sig" }],
          },
        };
        const document = documents[request.url ?? ""];
        response.writeHead(document === undefined ? 404 : 200, { "Content-Type": "application/json" });
        response.end(document === undefined ? "" : JSON.stringify(document));
      },
    );
  }

  /** As in the claim `iss`. */
  public get url(): string {
    return this.#url;
  }

  public listen(host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.on("error", reject).listen(0, host, () => {
        this.#url = `https://${host}:${(this.#server.address() as AddressInfo).port}`;
        resolve();
      });
    });
  }

  public close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  /** A token that is good for five minutes, but for what `claims` say otherwise. */
  public token(claims: Readonly<Record<string, unknown>>, signer: "own" | "foreign" = "own"): string {
    const now = Math.floor(Date.now() / 1000);
    const body = { iss: this.#url, iat: now, nbf: now, exp: now + 300, ...claims };
    const signed = `${base64url({ alg: "RS256", kid: "key-1", typ: "JWT" })}.${base64url(body)}`;
    const key = signer === "own" ? this.#key : this.#foreignKey;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key.private, "base64url")}`;
  }
}

function newKey(): { readonly public: KeyObject; readonly private: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { public: publicKey, private: privateKey };
}
