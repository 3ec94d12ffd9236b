import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import type { Outcome } from "./cluster";

const root = path.dirname(path.dirname(__dirname));

interface Page {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** One request of somebody with a browser: a page, or a form that is sent. */
function request(url: URL, authority: string, form?: Readonly<Record<string, string>>): Promise<Page> {
  return new Promise((resolve, reject) => {
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const headers = body === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" };
    const sent = https.request(
      url,
      { ca: authority, agent: false, method: body === undefined ? "GET" : "POST", headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, location: response.headers.location, body: text });
        });
      },
    );
    sent.on("error", reject).end(body);
  });
}

/** Follows redirects to a page that is shown. */
async function visit(
  start: URL,
  authority: string,
  form?: Readonly<Record<string, string>>,
): Promise<{ url: URL; page: Page }> {
  let url = start;
  let page = await request(url, authority, form);
  while (page.location !== undefined) {
    url = new URL(page.location, url);
    page = await request(url, authority);
  }
  return { url, page };
}

/** What somebody does with the address and the code that `npm run login -- --device` shows: four pages of Dex. */
async function logInWithBrowser(where: URL, authority: string, options: DeviceLogin): Promise<void> {
  const code = where.searchParams.get("user_code") ?? "";
  const verify = new URL("/dex/device/auth/verify_code", where);
  const choice = await visit(verify, authority, { user_code: code });
  const link = new RegExp(`href="([^"]*/auth/${options.connector}[^"]*)"`).exec(choice.page.body)?.[1];
  if (link === undefined)
    throw new Error(`no connector ${options.connector} on the page: ${choice.page.body}`);
  const login = await visit(
    new URL(link.replaceAll("&amp;", "&").replaceAll("&#43;", "+"), choice.url),
    authority,
  );
  const user = options.args[options.args.indexOf("--user") + 1] ?? "";
  const end = await visit(login.url, authority, { login: user, password: options.password });
  if (end.page.status !== 200 || !end.page.body.includes("Login Successful")) {
    throw new Error(`the login ended with ${end.page.status}: ${end.page.body}`);
  }
}

/** A login with a browser. */
export interface DeviceLogin {
  /** Arguments of `npm run login`, `--user` and `--device` among them. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** PEM of the authority that Dex's certificate is of. */
  readonly authorityFile: string;
  /** Which of Dex's ways to log in is chosen. */
  readonly connector: string;
  readonly password: string;
}

/** Runs `npm run login -- --device`, logs in by the pages that it names, and waits for its end. */
export function deviceLogin(options: DeviceLogin): Promise<Outcome> {
  const authority = readFileSync(options.authorityFile, "utf8");
  const child = spawn("npm", ["run", "--silent", "login", "--", ...options.args], {
    cwd: root,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let started = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      const where = /^open (\S+)\n/m.exec(stderr)?.[1];
      if (where === undefined || started) return;
      started = true;
      logInWithBrowser(new URL(where), authority, options).catch((error: unknown) => {
        child.kill();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    child.on("close", (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
}
