import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bridgeName } from "../../components/hosts/local";
import { cacheFolder } from "../../toolchain/cache";
import { makeAuthority, makeServerCertificate } from "./certificates";
import { runProgram, type ClusterOutputs, type Outcome, type TestCluster } from "./cluster";
import { bindDN, DirectoryServer, groupsDN, peopleDN } from "./directory-server";
import { OidcIssuer } from "./oidc-issuer";

/** Passwords of the people of the tests. */
export const passwords = {
  alice: "alices-own-long-password",
  erin: "erins-own-long-password",
  frank: "franks-own-long-password",
};

/** What Dex searches the directory with. */
export const bindPassword = "bind-password-of-the-directory";

/** What stands outside the cluster while its logins are tested. */
export interface Outside {
  readonly directory: DirectoryServer;
  readonly issuer: OidcIssuer;
  /** One whose certificate has expired. */
  readonly expiredIssuer: OidcIssuer;
}

/** What the stories of logins share: a directory and issuers beside the cluster, and people at their computers. */
// eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- a list of functions that say it themselves
export function identityBench(cluster: TestCluster, outputs: () => ClusterOutputs) {
  const file = (name: string): string => path.join(cluster.folder, name);
  const controlPlane = (): ClusterOutputs["nodeTable"][number] => {
    const node = outputs().nodeTable.find(({ role }) => role === "control-plane");
    assert.ok(node);
    return node;
  };
  const onControlPlane = (command: string): Outcome => cluster.ssh(outputs(), controlPlane().name, command);
  const neighbour = (lastByte: number): string => controlPlane().address.replace(/\d+$/, String(lastByte));
  // Sessions of their own, and the tools that are there.
  const environment = (): NodeJS.ProcessEnv => ({
    ...cluster.environment,
    REDOUBT_CACHE: cacheFolder(),
    XDG_CACHE_HOME: file("cache"),
  });
  const npm = (args: readonly string[], input = ""): Outcome =>
    runProgram("npm", ["run", "--silent", ...args], { env: environment(), input });
  const logIn = (user: string, password: string): Outcome =>
    npm(["login", "--", "--target", file("target"), "--user", user, "--kubeconfig", file(user)], password);
  const session = (user: string): { path: string; idToken: string; refreshToken: string } => {
    const where = path.join(file("cache"), "redoubt", "sessions", `${cluster.stack}-${user}.json`);
    const known = JSON.parse(readFileSync(where, "utf8")) as { idToken: string; refreshToken: string };
    return { path: where, ...known };
  };
  /** kubectl as somebody who logged in. */
  const as = (user: string, args: readonly string[]): Outcome =>
    runProgram("kubectl", ["--kubeconfig", file(user), "--request-timeout=20s", ...args]);
  /**
   * kubectl with a token of which nothing is known but its text. It does not block: the issuer of the token may be a server of this very
   * process, whom the API server asks for its keys meanwhile.
   */
  const withToken = (token: string, args: readonly string[]): Promise<Outcome> => {
    const [server, authority] = [outputs().endpoint, file("ca.crt")];
    const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "${server}", certificate-authority: ${authority} } }]
users: [{ name: u, user: { token: "${token}" } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`;
    writeFileSync(file("token-kubeconfig"), kubeconfig, { mode: 0o600 });
    const all = ["--kubeconfig", file("token-kubeconfig"), "--request-timeout=20s", ...args];
    return new Promise((resolve) => {
      execFile("kubectl", all, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : 1, stdout, stderr });
      });
    });
  };
  const whoami = ["auth", "whoami", "-o", "json"];
  const nameIn = (outcome: Outcome): string => {
    assert.equal(outcome.code, 0, outcome.stderr);
    return (JSON.parse(outcome.stdout) as { status: { userInfo: { username: string } } }).status.userInfo
      .username;
  };
  /** Tries until it works: the API server asks an issuer for its keys every ten seconds (kubernetes, oidc authenticator). */
  const eventually = async (work: () => Outcome | Promise<Outcome>, seconds = 30): Promise<Outcome> => {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const outcome = await work();
      if (outcome.code === 0 || Date.now() > deadline) return outcome;
      await sleep(500);
    }
  };
  const configure = (key: string, value: string, secret = false): void => {
    const outcome = cluster.pulumi(["config", "set", ...(secret ? ["--secret"] : []), "--path", key, value]);
    assert.equal(outcome.code, 0, outcome.stderr);
  };
  const up = async (): Promise<Outcome> => cluster.npmRun("up");

  const authority = makeAuthority("authority of the directory and the issuer");
  const otherAuthority = makeAuthority("another authority");

  const identityProvider = (passwordConnector: "local" | "ldap", pem = authority.certificate): string =>
    JSON.stringify({
      staticUsers: [{ name: "alice" }],
      passwordConnector,
      ldap: {
        host: neighbour(200),
        certificateAuthority: pem,
        bindDN,
        userSearch: { baseDN: peopleDN },
        groupSearch: { baseDN: groupsDN },
      },
    });
  const trusted = ({ url }: OidcIssuer, prefix: string): object => ({
    url,
    audiences: ["kubernetes"],
    certificateAuthority: authority.certificate,
    usernamePrefix: `${prefix}:`,
    groupsPrefix: `${prefix}:`,
  });
  /** Trusts these issuers beside the stack's own, and leaves the other ways to log in as they are. */
  const trust = (...issuers: readonly object[]): void => {
    cluster.editConfiguration((block) => {
      block("authentication")["oidc"] = issuers;
    });
  };
  let started: Outside | undefined;
  const outside = (): Outside => {
    assert.ok(started, "the directory was not started");
    return started;
  };
  const start = async (): Promise<void> => {
    const directory = new DirectoryServer({
      machine: `ldap-${process.pid}`,
      bridge: bridgeName(cluster.stack),
      address: neighbour(200),
      people: [
        { uid: "erin", password: passwords.erin },
        { uid: "frank", password: passwords.frank },
        // Called as the static user, and somebody else.
        { uid: "alice", password: passwords.frank },
      ],
      groups: { engineers: ["erin"], others: ["frank"] },
      bindPassword,
    });
    const directoryCertificate = makeServerCertificate(authority, [`IP:${neighbour(200)}`]);
    await directory.start(authority, directoryCertificate);
    const issuer = new OidcIssuer(makeServerCertificate(authority, [`IP:${neighbour(1)}`]));
    await issuer.listen(neighbour(1));
    const expiredIssuer = new OidcIssuer(makeServerCertificate(authority, [`IP:${neighbour(1)}`], 0));
    await expiredIssuer.listen(neighbour(1));

    started = { directory, issuer, expiredIssuer };
  };
  const stop = async (): Promise<void> => {
    if (started === undefined) return;
    const { directory, issuer, expiredIssuer } = started;
    await directory.remove();
    await issuer.close();
    await expiredIssuer.close();
  };

  return {
    ...{
      file,
      controlPlane,
      onControlPlane,
      neighbour,
      environment,
      npm,
      logIn,
      session,
      as,
      withToken,
      whoami,
    },
    ...{
      nameIn,
      eventually,
      configure,
      up,
      authority,
      otherAuthority,
      identityProvider,
      trusted,
      trust,
      outside,
      start,
      stop,
    },
  };
}

/** See {@link identityBench}. */
export type IdentityBench = ReturnType<typeof identityBench>;
