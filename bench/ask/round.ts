// One question to everybody: a roster is drawn, the cells are set up on the processors of this process as the life cycle would, and
// the finder calls. What runs is the program's own; the edges between the cells are function calls here.
import { randomBytes } from "node:crypto";
import { type Digest, edgeId, type QueryId, toCanonical, toHex, type VertexId } from "../../src/core/base/index.ts";
import { encodeRoster, type Roster } from "../../src/core/draw/index.ts";
import type { Wiring } from "../../src/core/lifecycle/index.ts";
import { type Plan, planDigest, queryDigest } from "../../src/core/model/index.ts";
import { drawnIn, plan as planQuery } from "../../src/core/query/index.ts";
import { type Answer, compileAsked, gathererCell, joinAnswer, peopleCells } from "../../src/core/terms/index.ts";
import { freshAgreementKey } from "../../src/io/curve/index.ts";
import { valuesIn } from "../../src/node/asking/batches.ts";
import { catalogue, peopleShapes, type RunningTransform } from "../../src/operators/index.ts";
import { askedOf } from "../../src/sdk/query.ts";
import type { Nodes } from "../draw/nodes.ts";
import { type Member, must } from "./member.ts";

export const k = 4;
/** Nobody is called again while it lasts. */
const answerMs = 300_000;

const text = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 0.5, delta = 1e-6)
AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people`;

export interface RoundFigures {
  /** Who were found, called and counted. */
  readonly owners: number;
  /** From the first call to the last contribution counted. */
  readonly ms: number;
  readonly planBytes: number;
}

/** Draws until k witnesses signed: where the lot falls decides how many there are. */
function rosterOf(nodes: Nodes, trigger: number, purpose: Digest, actors: number): Roster {
  const draw = nodes.prepare("known");
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const nowMs = Date.now();
    const prepared = attempt === 0 ? draw : nodes.prepare("known");
    const { drawn } = prepared({ trigger, seed: `${purpose} ${nowMs} ${attempt}`, actors, nowMs, purpose });
    if (drawn?.roster.witnesses.length === k) return drawn.roster;
  }
  throw new Error(`no roster with ${k} witnesses`);
}

function planned(nodes: Nodes, { records, facts }: Member, trigger: number): Plan {
  const { node } = nodes.keys[trigger]!;
  const processors = records.filter(({ functions }) => functions.includes("transform")).length;
  const settings = { answerMs };
  const asked = askedOf({ text, fileName: "bench.sql", files: [], settings } as never, processors);
  if (!asked.ok) throw new Error(JSON.stringify(asked.faults));
  const query = compileAsked(asked.asked, asked.question);
  const roster = rosterOf(nodes, trigger, queryDigest(query, nodes.crypto), drawnIn(query));
  const made = planQuery(query, {
    records,
    facts,
    catalogue: catalogue(),
    analyst: { node, principal: facts.get(node)!.principal }, // as certified
    queryId: toHex(randomBytes(16)) as QueryId,
    network: nodes.rules.network,
    hasher: nodes.crypto,
    roster: { bytes: encodeRoster(roster), actors: roster.actors },
  });
  if (!made.ok) throw new Error(JSON.stringify(made.faults));
  return made.plan;
}

/** A \`deliver\`, by the beginning of its canonical bytes: a map of four, whose shortest key is \`cell\`. */
function isDelivery(body: Uint8Array): boolean {
  return body[0] === 0xa4 && body[1] === 0x64 && body[2] === 0x63;
}

/** \`members\`: the processors. \`trigger\`: the analyst's place among the nodes that draw. */
export async function runRound(
  nodes: Nodes,
  members: readonly Member[],
  trigger: number,
  asker: Member,
): Promise<RoundFigures> {
  const plan = planned(nodes, members[0]!, trigger);
  asker.going = { plan, message: null };
  const digest = planDigest(plan, nodes.crypto);
  const at = (vertex: string): { id: VertexId; member: Member } => {
    const { id, node } = plan.vertices.find((one) => one.id === vertex)!;
    return { id, member: members.find((member) => member.node === node)! };
  };
  const query = plan.id;
  const cellOf = (vertex: VertexId) => ({ query, vertex, incarnation: 0, plan, planDigest: digest });
  const gatherers: RunningTransform[] = [];
  const outputs: Wiring["outputs"][number][] = [];
  let counted = 0;
  let lastMs = 0;
  const gathering = plan.vertices.filter(({ operator }) => operator.name === "people-gather").length;
  for (let i = 0; i < gathering; i++) {
    const { id, member } = at(gathererCell(i));
    const key = freshAgreementKey();
    const { publicKey } = key;
    gatherers.push(member.asking.portsFor({ ...cellOf(id), key })!.gatherer());
    const vertex = plan.vertices.find((one) => one.id === id)!;
    const evidence = await member.evidence.make({ plan, planDigest: digest, vertex, incarnation: 0, publicKey });
    const edge = edgeId(peopleCells.find as VertexId, id, 0);
    outputs.push({ edge, node: member.node, incarnation: 0, publicKey, evidence, edgeAddresses: [] });
    member.onTaken = (body) => {
      if (!isDelivery(body)) return;
      counted++;
      lastMs = performance.now();
    };
  }
  const find = at(peopleCells.find);
  let firstMs = 0;
  find.member.onSent = (type) => {
    if (type === "call" && firstMs === 0) firstMs = performance.now();
  };
  // As the life cycle does: a cell is prepared, then wired, then it runs.
  const finder = find.member.asking.portsFor({ ...cellOf(find.id), key: freshAgreementKey() })!.finder();
  find.member.asking.wired(query, find.id, { inputs: [], outputs });
  for (let batch = await finder.next(); batch !== null; batch = await finder.next()) {
    for (const gatherer of gatherers) gatherer.process(0, batch);
  }
  const total = at(peopleCells.total);
  const totaller = total.member.asking.portsFor({ ...cellOf(total.id), key: freshAgreementKey() })!.totaller();
  for (const [input, gatherer] of gatherers.entries()) for (const part of gatherer.end()) totaller.process(input, part);
  const answer = answerOf(totaller.end());
  for (const member of members) Object.assign(member, { onSent: null, onTaken: null });
  const { contributed } = answer.participation;
  // The count has noise.
  if (counted === 0 || Math.abs(Number(contributed.value) - counted) > counted / 2)
    throw new Error(`${counted} owners answered, and were not counted: ${JSON.stringify(answer)}`);
  return { owners: counted, ms: lastMs - firstMs, planBytes: toCanonical(plan).length };
}

function answerOf(batches: readonly Uint8Array[]): Answer {
  const pieces = batches.flatMap((batch) => valuesIn(peopleShapes.answer, batch) as string[]);
  return must(joinAnswer(pieces));
}
