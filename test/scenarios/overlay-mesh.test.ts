// Fifty nodes in one process, each connected to a few: everybody is admitted, and messages get through on every link.
import { afterAll, beforeAll, expect, it } from "vitest";
import { overlayLimits } from "../../src/io/overlay/index.ts";
import { TestNetwork, until, value } from "./overlay-network.ts";

const nodes = 50;
const steps = [1, 7, 18]; // node i dials i + 1, i + 7 and i + 18: degree 6, diameter 4
let network: TestNetwork;
beforeAll(async () => {
  network = await TestNetwork.create();
});
afterAll(() => network.stop());

it("connects a mesh of small degree", async () => {
  const overlays = await Promise.all(Array.from({ length: nodes }, () => network.start()));
  let lost = 0;
  for (const overlay of overlays) overlay.onPeer(({ type }) => type === "down" && lost++);
  const heard = overlays.map(() => new Set<string>());
  overlays.forEach((overlay, i) => {
    overlay.onMessage((from, area, body) => {
      expect(area).toBe("membership");
      expect(Buffer.from(body).toString()).toBe(from.node);
      heard[i]!.add(from.node);
    });
  });
  const links = overlays.flatMap((from, i) => steps.map((step) => [from, overlays[(i + step) % nodes]!] as const));
  await Promise.all(links.map(async ([from, to]) => value(await from.connect(to.addresses()))));
  const ownName = (node: string) => new Uint8Array(Buffer.from(node));
  for (const [a, b] of links) {
    value(await a.send(b.node, "membership", ownName(a.node)));
    value(await b.send(a.node, "membership", ownName(b.node)));
  }
  await until(() => heard.every((names) => names.size >= 2 * steps.length));
  for (const overlay of overlays) {
    expect(overlay.peers().length).toBeGreaterThanOrEqual(2 * steps.length);
    expect(overlay.peers().every((facts) => facts.assurance === "software")).toBe(true);
  }
  // Everybody has checked on everybody once, while Kademlia did the same: nobody was taken for dead.
  await new Promise((resolve) => setTimeout(resolve, overlayLimits.pingIntervalMs + 1_000));
  expect(lost).toBe(0);
});
