// A small network for scenarios: an authority in a temporary folder, and overlays with certificates from it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../src/core/base/index.ts";
import type { Role } from "../../src/core/model/index.ts";
import { createSoftwareEvidence } from "../../src/io/enclave/index.ts";
import { type Authority, createAuthority, generateNodeKey, type NodeKey } from "../../src/io/identity/index.ts";
import { createOverlay, type Overlay, type OverlayOptions } from "../../src/io/overlay/index.ts";

export const loopback = "/ip4/127.0.0.1/tcp/0";

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result.value;
}

/** Waits for what will come; the test's own time limit ends a wait for what does not. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

export interface Papers {
  readonly key: NodeKey;
  readonly certificate: string;
}

export class TestNetwork {
  readonly authority: Authority;
  readonly overlays: Overlay[] = [];
  readonly #folder: string;

  private constructor(authority: Authority, folder: string) {
    this.authority = authority;
    this.#folder = folder;
  }

  static async create(network = "test.network"): Promise<TestNetwork> {
    const folder = mkdtempSync(join(tmpdir(), "hedgerow-overlay-"));
    return new TestNetwork(
      value(await createAuthority({ network, folder: join(folder, "authority"), years: 5 })),
      folder,
    );
  }

  async papers(order: { days?: number; notBeforeMs?: number; roles?: Role[]; key?: NodeKey } = {}): Promise<Papers> {
    const key = order.key ?? generateNodeKey();
    const issued = await this.authority.issue({
      subject: { publicKey: key.publicKey },
      principal: "Test",
      roles: order.roles ?? ["transform"],
      days: order.days ?? 30,
      ...(order.notBeforeMs !== undefined && { notBeforeMs: order.notBeforeMs }),
    });
    return { key, certificate: value(issued).pem };
  }

  options(papers: Papers, more: Partial<OverlayOptions> = {}): OverlayOptions {
    return {
      network: this.authority.network,
      key: papers.key,
      certificate: papers.certificate,
      authority: this.authority.certificate,
      evidence: createSoftwareEvidence(papers.key, "test"),
      listen: [loopback],
      ...more,
    };
  }

  async start(more: Partial<OverlayOptions> = {}, papers?: Papers): Promise<Overlay> {
    const overlay = await createOverlay(this.options(papers ?? (await this.papers()), more));
    this.overlays.push(overlay);
    return overlay;
  }

  async stop(): Promise<void> {
    await Promise.all(this.overlays.map((overlay) => overlay.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
