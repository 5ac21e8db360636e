export { type ApiLimits, apiLimits } from "./limits.ts";
export { type ApiServer, type ApiServerOptions, startApiServer } from "./server.ts";
export { SocketTaken } from "./socket.ts";
