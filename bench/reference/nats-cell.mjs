// A reference: one process of source → increment → sink where each hop is a subject of one nats-server (mutual TLS), no
// checks. NATS holds no publisher back: what a subscriber has not read waits, in the server or in the subscriber. So the sink
// says every so many batches that it has them, and the source stays at most `ahead` batches before it.
import { connect } from "@nats-io/transport-node";
import { cellOf, obey } from "./cell.mjs";

/** More gains little: 3.1 million records per second with 128 and with 256, 3.4 at best with 1,024 and hundreds of MiB waiting. */
const ahead = 128;
const sayEvery = ahead / 4;
const [toIncrement, toSink, toSource] = ["bench.increment", "bench.sink", "bench.source"];

process.once("message", (job) => void run(job));

async function run(job) {
  const { vertex, tls, serverPort } = job;
  const { increment, produce, meter } = cellOf(job);
  const connection = await connect({
    servers: `127.0.0.1:${serverPort}`,
    tls: { ...tls, ca: tls.cert, minVersion: "TLSv1.3", checkServerIdentity: () => undefined },
    reconnect: false,
  });
  const fail = (error) => process.send({ failed: "nats", detail: String(error ?? "the server closed the connection") });
  connection.closed().then(fail, fail);

  const subscribe = (subject, take) =>
    connection.subscribe(subject, { callback: (error, { data }) => (error ? fail(error) : take(data)) });

  let sent = 0;
  let taken = 0;
  let waiting = null; // resolves when the sink has caught up
  if (vertex === "source") {
    subscribe(toSource, () => {
      taken += sayEvery;
      waiting?.();
    });
  }
  if (vertex === "increment") subscribe(toIncrement, (batch) => publish(toSink, increment(batch)));
  if (vertex === "sink") {
    const take = meter();
    subscribe(toSink, (batch) => {
      take(batch);
      taken++;
      if (taken % sayEvery === 0) connection.publish(toSource);
    });
  }
  await connection.flush(); // the server has the subscription
  process.send({ port: serverPort });

  obey(`nats ${vertex}`, {
    start: async () => {},
    release: () =>
      produce((frame) => {
        publish(toIncrement, frame);
        sent++;
        if (sent - taken < ahead) return null;
        return new Promise((resolve) => {
          waiting = resolve;
        });
      }),
  });

  function publish(subject, frame) {
    connection.publish(subject, frame.subarray(8));
  }
}
