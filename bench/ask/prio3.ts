// The reference: Prio3 Sum(16) for two aggregators, in JavaScript. Each measurement is sharded, prepared by both (without that there
// is nothing to aggregate) and aggregated; nothing is sealed, stored or sent.
import { randomBytes } from "node:crypto";
import { Prio3Sum } from "@divviup/prio3";

export async function prio3Sum(measurements: number): Promise<void> {
  const vdaf = new Prio3Sum({ shares: 2, bits: 16 });
  const key = randomBytes(vdaf.verifyKeySize);
  const outputs: bigint[][][] = [[], []];
  for (let i = 0; i < measurements; i++) {
    const nonce = randomBytes(vdaf.nonceSize);
    const { publicShare, inputShares } = await vdaf.shard(i, nonce, randomBytes(vdaf.randSize));
    const prepared = [
      await vdaf.prepareInit(key, 0, null, nonce, publicShare, inputShares[0]!),
      await vdaf.prepareInit(key, 1, null, nonce, publicShare, inputShares[1]!),
    ];
    const message = await vdaf.unshardPreparationShares(
      null,
      prepared.map(({ preparationShare }) => preparationShare),
    );
    for (const [at, { preparationState }] of prepared.entries()) {
      const next = vdaf.prepareNext(preparationState, message);
      if (!("outputShare" in next)) throw new Error("it is not prepared after one round");
      outputs[at]!.push(next.outputShare);
    }
  }
  const shares = outputs.map((of) => vdaf.aggregate(null, of));
  const sum = Number(vdaf.unshard(null, shares, measurements));
  if (sum !== (measurements * (measurements - 1)) / 2) throw new Error("the sum is wrong");
}
