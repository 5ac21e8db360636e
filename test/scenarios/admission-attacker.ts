// A stranger who speaks the encrypted channel correctly and then says whatever its script wants.

import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from "@libp2p/interface";
import { kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { type NoiseComponents, noise } from "@libp2p/noise";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { byteStream } from "@libp2p/utils";
import { yamux } from "@libp2p/yamux";
import { createLibp2p, type Libp2p } from "libp2p";
import { type AdmissionMessage, decodeAdmissionMessage } from "../../src/core/attestation/index.ts";
import type { NodeId } from "../../src/core/base/index.ts";
import { generateNodeKey, type NodeKey } from "../../src/io/identity/index.ts";
import { admissionProtocol } from "../../src/io/overlay/admission-encrypter.ts";
import { frameOf } from "../../src/io/overlay/admission-exchange.ts";
import { loopback } from "./overlay-network.ts";

export interface Line {
  readonly victim: NodeId;
  say(message: AdmissionMessage | Uint8Array): Promise<void>;
  /** null once the victim has hung up. */
  hear(): Promise<AdmissionMessage | null>;
  hangUp(): Promise<void>;
}
export type Script = (line: Line) => Promise<void>;

/** The code that the victim sent before it hung up. */
export async function verdict(line: Line): Promise<string | null> {
  for (;;) {
    const message = await line.hear();
    if (message === null) return null;
    if (message.type === "refused") return message.code;
  }
}

class ScriptedEncrypter implements ConnectionEncrypter {
  readonly protocol: string;
  readonly #noise: ConnectionEncrypter;
  readonly #script: Script | null;
  readonly #failures: unknown[];
  readonly #onDone: () => void;

  constructor(
    protocol: string,
    inner: ConnectionEncrypter,
    script: Script | null,
    failures: unknown[],
    onDone: () => void,
  ) {
    this.protocol = protocol;
    this.#noise = inner;
    this.#script = script;
    this.#failures = failures;
    this.#onDone = onDone;
  }
  async secureOutbound(raw: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#perform(await this.#noise.secureOutbound(raw, options));
  }
  async secureInbound(raw: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#perform(await this.#noise.secureInbound(raw, options));
  }

  async #perform(secured: SecuredConnection): Promise<SecuredConnection> {
    if (this.#script === null) return secured; // goes on as if it had been admitted
    const bytes = byteStream(secured.connection);
    const line: Line = {
      victim: secured.remotePeer.toString() as NodeId,
      say: (message) => bytes.write(message instanceof Uint8Array ? message : frameOf(message)),
      async hear() {
        try {
          const head = (await bytes.read({ bytes: 2 })).subarray();
          const body = (await bytes.read({ bytes: head[0]! * 256 + head[1]! })).slice();
          const message = decodeAdmissionMessage(body);
          return message.ok ? message.value : null;
        } catch {
          return null;
        }
      },
      hangUp: () => secured.connection.close(),
    };
    // What a script finds wrong must fail the test, and not merely its own connection.
    await this.#script(line)
      .catch((failure) => this.#failures.push(failure))
      .finally(this.#onDone);
    throw new Error("the script is over");
  }
}

export interface Attacker {
  readonly key: NodeKey;
  readonly libp2p: Libp2p;
  /** What its script found that should not be. */
  readonly failures: readonly unknown[];
  /** Its script has run to the end. */
  done(): boolean;
  addresses(): string[];
}

/** `protocol`: how it calls its encryption; `script`: null skips admission and goes straight to the protocols. */
export async function startAttacker(
  script: Script | null,
  order: { key?: NodeKey; protocol?: string } = {},
): Promise<Attacker> {
  const key = order.key ?? generateNodeKey();
  const protocol = order.protocol ?? admissionProtocol;
  const failures: unknown[] = [];
  let done = false;
  const encrypter = (components: NoiseComponents) =>
    new ScriptedEncrypter(protocol, noise()(components), script, failures, () => {
      done = true;
    });
  const libp2p = await createLibp2p({
    privateKey: privateKeyFromRaw(Buffer.concat([key.seed, key.publicKey])),
    addresses: { listen: [loopback] },
    transports: [tcp()],
    connectionEncrypters: [encrypter],
    streamMuxers: [yamux()],
    services: {
      identify: identify({ protocolPrefix: "hedgerow" }),
      ping: ping(),
      dht: kadDHT({ protocol: "/hedgerow/kad/1.0.0", clientMode: false, peerInfoMapper: passthroughMapper }),
    },
  });
  return { key, libp2p, failures, done: () => done, addresses: () => libp2p.getMultiaddrs().map(String) };
}
