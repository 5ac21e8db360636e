// Who may call. On the Unix socket the folder's mode decides (0700). On loopback a bearer token decides, and because a
// web page in somebody's browser can reach 127.0.0.1 too, requests that name a foreign host (DNS rebinding) or come from
// a foreign origin are refused before anything else is looked at. There is no CORS.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { accept, type Result, refuse } from "../../core/base/index.ts";

export type Guard = (request: IncomingMessage) => Result<null>;

/** A browser cannot open a Unix socket, so a request that carries an origin there was forwarded by something odd. */
export const socketGuard: Guard = (request) =>
  request.headers.origin === undefined ? accept(null) : refuse("api-foreign", { detail: "origin on the socket" });

export function loopbackGuard(token: string, port: () => number): Guard {
  const expected = digestOf(token);
  return (request) => {
    const hosts = [`127.0.0.1:${port()}`, `localhost:${port()}`];
    const { host, origin, authorization } = request.headers;
    if (host === undefined || !hosts.includes(host)) return refuse("api-foreign", { detail: "host" });
    if (origin !== undefined && !hosts.some((own) => origin === `http://${own}`)) {
      return refuse("api-foreign", { detail: "origin" });
    }
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") {
      return refuse("api-foreign", { detail: "cross-site" });
    }
    const given = /^Bearer (\S{1,512})$/.exec(authorization ?? "")?.[1];
    // INVARIANT 1: the comparison takes the same time wherever the first difference is, and whatever the length.
    if (given === undefined || !timingSafeEqual(digestOf(given), expected)) return refuse("api-token");
    return accept(null);
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
