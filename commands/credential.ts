import { main } from "./main";
import { refusalOf, renew, type Tokens } from "./oidc";
import { readSession, sessionOf, withSessionLock, writeSession, type Session } from "./session";

/** A token that another process renewed meanwhile is good when it lasts longer than this. */
const secondsLeft = 30;

function isFresh({ expiresAt }: Session): boolean {
  return Date.parse(expiresAt) - Date.now() > secondsLeft * 1000;
}

/** New tokens, or the reason why there are none and what to do. */
async function renewed(session: Session): Promise<Tokens> {
  const again = `Fix: run ${session.loginAgain}`;
  if (session.refreshToken === undefined) {
    throw new Error(`the login ended ${session.expiresAt}, and its issuer gave no refresh token. ${again}`);
  }
  try {
    return await renew(session, session.refreshToken);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined || refusal.error === "server_error") throw error;
    throw new Error(`the login has ended (${refusal.error_description ?? refusal.error}). ${again}`, {
      cause: error,
    });
  }
}

/** What `credential.cjs` calls for a token that ends soon: renews it, keeps it, and prints it for kubectl. */
main(async () => {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("credential.ts: name the session's file");
  const session = await withSessionLock(file, async () => {
    const old = readSession(file);
    if (isFresh(old)) return old;
    const tokens = await renewed(old);
    const kept = { ...tokens, refreshToken: tokens.refreshToken ?? old.refreshToken };
    const fresh = sessionOf(old, old.loginAgain, kept);
    writeSession(file, fresh);
    return fresh;
  });
  const status = { token: session.idToken, expirationTimestamp: session.expiresAt };
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
  process.stdout.write(JSON.stringify(credential));
});
