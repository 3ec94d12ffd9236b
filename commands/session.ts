import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { OidcIssuer, Tokens } from "./oidc";

const sessionSchema = z.object({
  issuer: z.string(),
  clientId: z.string(),
  certificateAuthority: z.string().optional(),
  /** What to run when the login has ended. */
  loginAgain: z.string(),
  idToken: z.string(),
  /** End of the id token (RFC 3339). */
  expiresAt: z.string(),
  refreshToken: z.string().optional(),
});

/** Somebody's login: the tokens, and where new ones come from. `credential.cjs` reads the same file. */
export type Session = z.infer<typeof sessionSchema>;

/** Where sessions of this user of the box lie: `$XDG_CACHE_HOME/redoubt/sessions`, `~/.cache/redoubt/sessions`. */
export function sessionFile(clusterName: string, user: string): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
  return path.join(cache, "redoubt", "sessions", `${clusterName}-${encodeURIComponent(user)}.json`);
}

/** The session that tokens make. */
export function sessionOf(issuer: OidcIssuer, loginAgain: string, tokens: Tokens): Session {
  const { issuer: url, clientId, certificateAuthority } = issuer;
  return {
    issuer: url,
    clientId,
    certificateAuthority,
    loginAgain,
    idToken: tokens.idToken,
    expiresAt: new Date(Number(tokens.claims["exp"]) * 1000).toISOString(),
    refreshToken: tokens.refreshToken,
  };
}

/** Writes a file that only its user can read, whole or not at all. */
export function writePrivately(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const candidate = `${file}.${process.pid}`;
  try {
    writeFileSync(candidate, content, { mode: 0o600 });
    renameSync(candidate, file);
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Writes a session where {@link readSession} finds it. */
export function writeSession(file: string, session: Session): void {
  writePrivately(file, `${JSON.stringify(session, null, 2)}\n`);
}

/**
 * Reads a session.
 *
 * @throws naming what to do when there is none, or it is damaged.
 */
export function readSession(file: string): Session {
  try {
    return sessionSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(`${file}: there is no login here. Fix: run npm run login`, { cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Takes the lock, or gives false; that of a process that is gone is taken away first. */
function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch {
    try {
      if (!isAlive(Number(readFileSync(lock, "utf8")))) rmSync(lock, { force: true });
    } catch {
      // It was released meanwhile.
    }
    return false;
  }
}

const lockSeconds = 30;

/**
 * Runs one renewal at a time: a refresh token is good only once, and several kubectl may ask at the same moment.
 *
 * @throws when another does not end.
 */
export async function withSessionLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${file}.lock`;
  const deadline = Date.now() + lockSeconds * 1000;
  while (!tryLock(lock)) {
    if (Date.now() > deadline) throw new Error(`${lock} has been held for ${lockSeconds} s. Fix: remove it`);
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
