// The addresses that people write into node.yaml: which there are, and what is wrong with one that is not.
import { multiaddr } from "@multiformats/multiaddr";
import { nodeIdPattern } from "../../core/base/index.ts";

/** `listen` is taken here, `announce` is told to others, `dial` is where another node is met. */
export type AddressUse = "listen" | "announce" | "dial";

export interface AddressFault {
  readonly message: string;
  readonly remedy: string;
}

const hosts = ["ip4", "ip6", "dns", "dns4", "dns6"];
/** What may follow the port: nothing, or a WebSocket, behind TLS or not. */
const transports: Readonly<Record<AddressUse, readonly string[]>> = {
  // TLS before a node is ended by a gateway: the node itself has no certificate of the web's kind to show.
  listen: ["", "ws"],
  announce: ["", "ws", "wss", "tls/ws"],
  dial: ["", "ws", "wss", "tls/ws"],
};
const anyHost = ["0.0.0.0", "::"];

const examples: Readonly<Record<AddressUse, string>> = {
  listen: "/ip4/0.0.0.0/tcp/4101",
  announce: "/dns4/node.example.org/tcp/4101",
  dial: "/ip4/192.0.2.7/tcp/4101/p2p/12D3Koo…",
};

/** null: it is one. */
export function faultOfAddress(text: string, use: AddressUse): AddressFault | null {
  const message = problemOf(text, use);
  if (message === null) return null;
  const kinds = transports[use].map((transport) => `/tcp/PORT${transport === "" ? "" : `/${transport}`}`).join(", ");
  const id = use === "dial" ? ", and at the end /p2p/ with its node id if it is known" : "";
  const remedy = `Allowed: /ip4/, /ip6/, /dns/, /dns4/ or /dns6/ with a host, then one of ${kinds}${id}. For example: \`${examples[use]}\`.`;
  return { message, remedy };
}

function problemOf(text: string, use: AddressUse): string | null {
  let parts: readonly { readonly name: string; readonly value?: string | undefined }[];
  try {
    parts = multiaddr(text).getComponents();
  } catch (cause) {
    return cause instanceof Error && cause.message !== "" ? lowerFirst(cause.message) : "not an address";
  }
  const [host, port, ...rest] = parts;
  if (host === undefined || !hosts.includes(host.name)) return "it does not begin with a host";
  if (host.value === undefined || !/^[^\s/]+$/.test(host.value)) return "the host is not a name";
  if (port?.name !== "tcp") return "no TCP port follows the host";
  if (use !== "listen" && port.value === "0") return "nobody can be reached at port 0";
  if (use === "announce" && anyHost.includes(host.value)) return `nobody can be reached at ${host.value}`;
  const id = rest.at(-1)?.name === "p2p" ? rest.at(-1)?.value : undefined;
  const transport = rest
    .slice(0, id === undefined ? rest.length : -1)
    .map(({ name }) => name)
    .join("/");
  if (!transports[use].includes(transport)) return `/${transport} cannot follow the port`;
  return id === undefined || nodeIdPattern.test(id) ? null : "what follows /p2p/ is not a node id";
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
