// Globals that libp2p 3 expects and Node 20 lacks. Import this file before anything of libp2p.
// It can go when Node 20 is no longer supported (end of life April 2026; we keep it while package.json says >=20.19).
import { WebSocket as WsWebSocket } from "ws";

type Resolvers<T> = {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (cause: unknown) => void;
};

const promise = Promise as unknown as { withResolvers?: <T>() => Resolvers<T> };
if (promise.withResolvers === undefined) {
  promise.withResolvers = <T>(): Resolvers<T> => {
    let resolve!: Resolvers<T>["resolve"];
    let reject!: Resolvers<T>["reject"];
    const made = new Promise<T>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    return { promise: made, resolve, reject };
  };
}

const scope = globalThis as { WebSocket?: unknown };
if (scope.WebSocket === undefined) scope.WebSocket = WsWebSocket;
