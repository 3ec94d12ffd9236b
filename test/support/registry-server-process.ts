import https from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  RegistryDoor,
  RegistryLogin,
  RegistryOrder,
  RegistryRequest,
  RegistryServerOptions,
  ServedImage,
} from "./registry-server";
import { obeyOrders } from "./server-process";

/*
 * The process behind `RegistryServer`: it takes orders of its parent, one at a time, and answers each.
 */

const seen: RegistryRequest[] = [];

/** What the server of tokens gives to whoever logs in. */
const token = "a-token-of-the-registry";

function basic({ username, password }: RegistryLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** How somebody is told to log in (RFC 9110, 11.6.1). */
function challenge({ scheme }: RegistryLogin, server: string): string {
  return scheme === "basic"
    ? 'Basic realm="registry"'
    : `Bearer realm="https://${server}/token",service="registry"`;
}

function send(response: ServerResponse, body: Buffer, type: string, head: boolean, digest: string): void {
  const headers = { "Content-Type": type, "Content-Length": body.length, "Docker-Content-Digest": digest };
  response.writeHead(200, headers).end(head ? undefined : body);
}

/** `/v2/`, manifests and blobs, whatever lies in between: every repository has the one image. */
function serve(image: ServedImage, pathname: string, head: boolean, response: ServerResponse): void {
  if (pathname === "/v2/") {
    response.writeHead(200).end();
    return;
  }
  const [, kind, name = ""] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
  if (kind === "manifests") {
    const digest = Object.entries(image.blobs).find(([, text]) => text === image.manifest)?.[0] ?? "";
    send(response, Buffer.from(image.manifest, "base64"), image.mediaType, head, digest);
    return;
  }
  const blob = image.blobs[name];
  if (kind === undefined || blob === undefined) response.writeHead(404).end();
  else send(response, Buffer.from(blob, "base64"), "application/octet-stream", head, name);
}

function answer(
  { address, image }: RegistryServerOptions,
  { port, login }: RegistryDoor,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = "", url = "", headers } = request;
  const server = `${address}:${port}`;
  const { pathname } = new URL(url, `https://${server}`);
  const isToken = login?.scheme === "token";
  const asksForToken = isToken && pathname === "/token";
  const wanted = isToken && !asksForToken ? `Bearer ${token}` : login && basic(login);
  const admitted = wanted === undefined || headers.authorization === wanted;
  seen.push({ port, method, url, admitted });
  if (!admitted) {
    response.writeHead(401, login && { "WWW-Authenticate": challenge(login, server) }).end();
    return;
  }
  if (asksForToken) {
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ token }));
    return;
  }
  serve(image, pathname, method === "HEAD", response);
}

function listen(options: RegistryServerOptions, door: RegistryDoor): Promise<void> {
  const { certificate: cert, privateKey: key } = door.identity;
  const server = https.createServer({ cert, key }, (request, response) => {
    answer(options, door, request, response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(door.port, options.address, resolve);
  });
}

async function obey(order: RegistryOrder): Promise<RegistryRequest[]> {
  if (order.what === "take-requests") return seen.splice(0);
  await Promise.all(order.doors.map((door) => listen(order, door)));
  return [];
}

obeyOrders(obey);
