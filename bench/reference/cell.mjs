// What the references do alike in one process of source → increment → sink: same bytes, same work on the values, same
// pacing as ours. How a batch gets to the next process is theirs.

/** 64-byte records in eight columns of 8 bytes, behind a header as long as a batch's. A frame has 8 bytes before its batch, so
 * that the batch is aligned. */
export function cellOf({ load, headerBytes }) {
  const total = headerBytes + load.rows * 64;

  const frameWith = (batch) => {
    const frame = new Uint8Array(8 + total);
    frame.set(batch, 8);
    return frame;
  };

  /** A frame with the batch in it, every value one more. */
  const increment = (batch) => {
    const frame = frameWith(batch);
    const values = new BigInt64Array(frame.buffer, 8 + headerBytes, load.rows);
    for (let i = 0; i < values.length; i++) values[i] = BigInt.asIntN(64, values[i] + 1n);
    return frame;
  };

  /** Hands each frame to `send`; waits where that returns a promise. */
  const produce = async (send) => {
    const template = new Uint8Array(total);
    const startNs = process.hrtime.bigint();
    for (let made = 0; made < load.batches; made++) {
      if (load.perSecond > 0) {
        const dueNs = startNs + BigInt(Math.round((made * 1e9) / load.perSecond));
        while (process.hrtime.bigint() < dueNs) await new Promise((resolve) => setImmediate(resolve));
      }
      const frame = frameWith(template);
      const values = new BigInt64Array(frame.buffer, 8 + headerBytes, 2 * load.rows);
      let value = BigInt(made * load.rows);
      for (let i = 0; i < load.rows; i++) {
        values[i] = value;
        value = BigInt.asIntN(64, value + 1n);
      }
      values[load.rows] = process.hrtime.bigint();
      const room = send(frame);
      if (room) await room;
    }
  };

  /** Takes every batch at the sink; tells the parent the figures at the last. The first fifth is warm-up. */
  const meter = () => {
    let batches = 0;
    let records = 0;
    let begunNs = 0n;
    const latencies = [];
    const warm = Math.floor(load.batches / 5);
    return (batch) => {
      const nowNs = process.hrtime.bigint();
      batches++;
      if (batches === warm) begunNs = nowNs;
      if (batches <= warm) return;
      records += load.rows;
      if (load.perSecond > 0) {
        const sentNs = new DataView(batch.buffer, batch.byteOffset).getBigInt64(headerBytes + 8 * load.rows, true);
        latencies.push(Number(nowNs - sentNs) / 1000);
      }
      if (batches < load.batches) return;
      latencies.sort((a, b) => a - b);
      const at = (share) => latencies[Math.floor(latencies.length * share)] ?? 0;
      const recordsPerSecond = records / (Number(nowNs - begunNs) / 1e9);
      process.send({ figures: { recordsPerSecond, p50Micros: at(0.5), p99Micros: at(0.99) } });
    };
  };

  return { total, increment, produce, meter };
}

/** What the parent orders after the job: `start` with the next hop's port, `release` at the source, `stop`. */
export function obey(name, { start, release }) {
  process.on("message", async (order) => {
    if (order.type === "start") {
      await start(order.port);
      process.send({ started: true });
    }
    if (order.type === "release") await release();
    if (order.type === "stop") {
      if (process.env.HEDGEROW_BENCH_VERBOSE) console.error(name, process.cpuUsage());
      process.exit(0);
    }
  });
}
