import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { dexPort } from "../plan/ports";
import { sandbox } from "../plan/sandbox";
import { startLimitSeconds } from "../plan/start-limit";
import { execStart, renderUnit } from "../plan/systemd";
import { trustedAuthoritiesFile, type AuthorityGenerations } from "../pki/authority-generations";
import { readers } from "../pki/readers";
import { dexEgressUnit } from "./dex-egress";

/** A directory whose people log in through Dex; names as in Dex's LDAP connector. */
export interface LdapOptions {
  /** Name or IPv4 address, as the server's certificate bears it. */
  readonly host: string;
  /** IPv4 addresses that Dex may reach. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly security: "ldaps" | "startTLS";
  /** PEM. */
  readonly certificateAuthority: string;
  readonly bindDN: string;
  readonly userSearch: {
    readonly baseDN: string;
    readonly filter: string;
    readonly username: string;
    readonly idAttr: string;
    readonly nameAttr: string;
  };
  readonly groupSearch?:
    | {
        readonly baseDN: string;
        readonly filter: string;
        readonly userAttr: string;
        readonly groupAttr: string;
        readonly nameAttr: string;
      }
    | undefined;
  /** Stands before names of people in Kubernetes. */
  readonly usernamePrefix: string;
  /** Stands before names of groups in Kubernetes. */
  readonly groupsPrefix: string;
}

/** What makes the identity provider; nothing of it is secret. */
export interface IdentityProviderOptions {
  /** URL, as in the claim `iss`. */
  readonly issuer: string;
  readonly staticUsers: readonly { readonly name: string }[];
  /** Stands before names of static users in Kubernetes. */
  readonly usernamePrefix: string;
  readonly ldap?: LdapOptions | undefined;
  /** Whose passwords the password grant takes. */
  readonly passwordConnector: "local" | "ldap";
  readonly idTokenMinutes: number;
  readonly sessionIdleHours: number;
  readonly sessionHours: number;
}

/** What only Dex may read. */
export interface IdentityProviderSecrets {
  /** bcrypt hash by static user. */
  readonly passwordHashes: Readonly<Record<string, string>>;
  readonly ldapBindPassword?: string | undefined;
}

/** The one OAuth client: people's `kubectl`. It is public (RFC 6749, 2.1): what lies on people's computers is no secret. */
export const loginClientId = "redoubt";

/** Ids of connectors, as tokens name them in `federated_claims`. */
export const connectorIds = { staticUsers: "local", ldap: "ldap" } as const;

const own = (file: string): string => `${paths.dex}/${file}`;

/** Where Dex's configuration lies; it holds password hashes, so it travels as a secret file. */
export const dexConfigPath = own("config.yaml");

/** Dex looks nothing up in DNS: this file is its `/etc/hosts`. */
const hostsPath = own("hosts");

/** A Go duration (pkg.go.dev/time#ParseDuration). */
const goHours = (hours: number): string => `${hours}h0m0s`;

function ldapConnector(ldap: LdapOptions, bindPassword: string): object {
  const { userSearch, groupSearch } = ldap;
  return {
    type: "ldap",
    id: connectorIds.ldap,
    name: "LDAP",
    config: {
      host: `${ldap.host}:${ldap.port}`,
      startTLS: ldap.security === "startTLS",
      rootCAData: Buffer.from(ldap.certificateAuthority).toString("base64"),
      bindDN: ldap.bindDN,
      bindPW: bindPassword,
      usernamePrompt: "Name",
      userSearch: {
        ...userSearch,
        // Dex refuses people without a mail address, and nobody here asks for it.
        emailAttr: userSearch.nameAttr,
      },
      ...(groupSearch === undefined
        ? {}
        : {
            groupSearch: {
              baseDN: groupSearch.baseDN,
              filter: groupSearch.filter,
              userMatchers: [{ userAttr: groupSearch.userAttr, groupAttr: groupSearch.groupAttr }],
              nameAttr: groupSearch.nameAttr,
            },
          }),
    },
  };
}

/**
 * Dex's configuration file (dexidp.io/docs/configuration). Its store is the cluster's API: refresh tokens and signing keys outlive
 * a restart, and lie encrypted in etcd.
 *
 * @throws when a static user has no hash, or the directory no bind password; the settings' checks say so before.
 */
export function renderDexConfig(options: IdentityProviderOptions, secrets: IdentityProviderSecrets): string {
  const { ldap, staticUsers } = options;
  const staticPasswords = staticUsers.map(({ name }) => {
    const hash = secrets.passwordHashes[name];
    if (hash === undefined) throw new Error(`identityProvider.staticUsers: ${name} has no password`);
    // Dex finds people by `email`; here that is the name that they log in with. It renews a login as long as the user's id is the same,
    // so another password is another id: who had the old one is out.
    const userID = `${name}-${createHash("sha256").update(hash).digest("hex").slice(0, 16)}`;
    return { email: name, username: name, userID, hash };
  });
  if (ldap !== undefined && secrets.ldapBindPassword === undefined) {
    throw new Error("identityProvider.ldap.bindDN has no password");
  }
  return stringify(
    {
      issuer: options.issuer,
      storage: { type: "kubernetes", config: { kubeConfigFile: own("kubeconfig") } },
      web: {
        https: `0.0.0.0:${dexPort}`,
        tlsCert: own("tls.crt"),
        tlsKey: own("tls.key"),
        tlsMinVersion: "1.2",
        headers: {
          "X-Frame-Options": "DENY",
          "X-Content-Type-Options": "nosniff",
          "Strict-Transport-Security": "max-age=31536000",
        },
      },
      oauth2: {
        grantTypes: [
          "authorization_code",
          "password",
          "refresh_token",
          "urn:ietf:params:oauth:grant-type:device_code",
        ],
        responseTypes: ["code"],
        skipApprovalScreen: true,
        passwordConnector: options.passwordConnector,
      },
      expiry: {
        idTokens: `${options.idTokenMinutes}m`,
        refreshTokens: {
          validIfNotUsedFor: goHours(options.sessionIdleHours),
          absoluteLifetime: goHours(options.sessionHours),
        },
      },
      // Only the page of the device grant may get a code; without a list Dex would let any port of localhost have it.
      staticClients: [
        { id: loginClientId, name: "Kubernetes", public: true, redirectURIs: ["/device/callback"] },
      ],
      ...(staticPasswords.length === 0 ? {} : { enablePasswordDB: true, staticPasswords }),
      connectors: ldap === undefined ? [] : [ldapConnector(ldap, secrets.ldapBindPassword ?? "")],
      logger: { level: "info", format: "json" },
    },
    { lineWidth: 0 },
  );
}

function renderHosts({ ldap }: IdentityProviderOptions): string {
  const names = (ldap?.addresses ?? [])
    .filter((address) => address !== ldap?.host)
    .map((address) => `${address} ${ldap?.host ?? ""}\n`);
  return `127.0.0.1 localhost\n${names.join("")}`;
}

/** What one host's Dex depends on. */
export interface DexPlanOptions {
  readonly options: IdentityProviderOptions;
  /** IPv4 address of the host, whose API server holds Dex's store. */
  readonly apiServerAddress: string;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** The plan of Dex on a control plane host: program, and unit under its own user. */
export function dex({ options, apiServerAddress, authorities, artifacts }: DexPlanOptions): PlanFragment {
  const program = installed(artifacts, "dex");
  const unit = renderUnit({
    Unit: {
      StartLimitIntervalSec: 0,
      Description: "Dex, identity provider",
      Documentation: "https://dexidp.io/docs/",
      // Without its rules it could go anywhere, so without them it does not run.
      Requires: dexEgressUnit,
      After: ["network-online.target", "kube-apiserver.service", dexEgressUnit],
      Wants: "network-online.target",
    },
    Service: {
      User: readers.dex.user,
      Group: readers.dex.group,
      ExecStart: execStart(program.path, ["serve", dexConfigPath]),
      Restart: "always",
      RestartSec: "1s",
      TimeoutStopSec: "10s",
      BindReadOnlyPaths: `${hostsPath}:/etc/hosts`,
      ...sandbox({ writablePaths: [] }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
  const trusted = trustedAuthoritiesFile(authorities);
  const ask = `curl --fail --silent --show-error --max-time 5 --cacert ${trusted} https://${apiServerAddress}:${dexPort}/dex/keys`;
  return {
    packages: ["curl"],
    artifacts: [program],
    files: [{ path: hostsPath, content: renderHosts(options) }],
    units: [{ name: "dex.service", content: unit, restartOn: [program.path, hostsPath] }],
    readiness: [
      {
        description: "Dex answers with its signing keys",
        command: ["bash", "-c", `${ask} >/dev/null`],
        timeoutSeconds: startLimitSeconds,
      },
    ],
  };
}

/** What is left of Dex on a host when nobody logs in by it any more: nothing runs, and no secret lies there. */
export function withoutDex(): PlanFragment {
  return {
    absent: [paths.dex],
    units: [
      { name: "dex.service", state: "stopped" },
      { name: dexEgressUnit, state: "stopped" },
    ],
  };
}
