/**
 * One case of one SDK in a process of its own. Arguments: the SDK, the case, the sink's ports as JSON. Prints
 * {"nsPerItem", "rssMB"} and for the open loop {"sent", "dropped"} too. CPU is that of all threads.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { SDKS } from "./sdk-subjects.mjs";

const [name, kase, sinkText] = process.argv.slice(2);
const ports = JSON.parse(sinkText);
const sink = { http: `http://127.0.0.1:${ports.http}`, grpc: `http://127.0.0.1:${ports.grpc}` };
const ITEMS_PER_TURN = 64;
const ITEMS_PER_ROUND = 51_200;
/** Below the queue's 2048, so that none is dropped. */
const MAX_WAITING = 1_024;
/**
 * An application runs for weeks: what its compiler does in the first seconds is not what it pays. After a third of these
 * it still spends 200 ms on what is done once a batch.
 */
const WARM_UP_ITEMS = 1_228_800;
const ROUNDS = 31;
const OPEN_LOOP_PER_SECOND = 20_000;
const OPEN_LOOP_MS = 4_000;
const SLICE_MS = 5;
const SETTLE_MS = 1_000;

const sdk = await SDKS[name]();
const [what, mode] = kase.split("-");
const { tracer, logger, settled, flush } = what === "log" ? await sdk.logger(mode, sink) : await sdk.tracer(mode, sink);
let count = 0;
const one = what === "log" ? emitOne : spanOne;
const measured =
  what === "open" ? await openLoop() : mode === "off" || mode === "record" ? await busyLoop() : await closedLoop();
console.log(JSON.stringify({ ...measured, rssMB: process.memoryUsage().rss / 1e6 }));
process.exit(0);

function spanOne() {
  const i = count++;
  const span = tracer.startSpan("GET /users/:id");
  span.setAttribute("http.request.method", "GET");
  span.setAttribute("url.path", `/users/${i % 1_000}`);
  span.setAttribute("http.response.status_code", 200);
  span.setAttribute("server.address", "api.example.com");
  span.setAttribute("cache.hit", (i & 1) === 0);
  span.addEvent("db.query.done");
  span.end();
}

function emitOne() {
  const i = count++;
  logger.emit({
    severityNumber: 9,
    severityText: "INFO",
    body: `user ${i % 1_000} logged in from web`,
    attributes: { "user.id": i % 1_000, "http.route": "/login", "session.new": true },
  });
}

function cpuNanos() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

/** Nothing is exported: only what recording costs. */
async function busyLoop() {
  const items = 100_000;
  const run = () => {
    for (let i = 0; i < items; i++) one();
  };
  run();
  return medianOf(items, async () => {
    run();
    await sleep(2);
  });
}

/**
 * As a busy server does it: some items in each turn of the event loop, while those before are on their way. Nothing is dropped.
 * What the turns cost without any items is subtracted.
 */
async function closedLoop() {
  const run = async (total, make) => {
    for (let i = 0; i < total; i += ITEMS_PER_TURN) {
      for (let j = 0; j < ITEMS_PER_TURN; j++) make();
      await new Promise((resolve) => setImmediate(resolve));
      await settled(count, MAX_WAITING);
    }
  };
  await run(WARM_UP_ITEMS, one);
  const measured = await medianOf(ITEMS_PER_ROUND, () => run(ITEMS_PER_ROUND, one));
  await flush();
  const turns = await medianOf(ITEMS_PER_ROUND, () => run(ITEMS_PER_ROUND, () => {}));
  return { nsPerItem: measured.nsPerItem - turns.nsPerItem };
}

async function medianOf(items, run) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuNanos();
    await run();
    rounds.push((cpuNanos() - before) / items);
  }
  return { nsPerItem: rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] };
}

/** So many a second, whether they are exported or not. */
async function openLoop() {
  await paced(1_500);
  await flush();
  const before = cpuNanos();
  const sent = await paced(OPEN_LOOP_MS);
  const nsPerItem = (cpuNanos() - before) / sent;
  await flush();
  await sleep(SETTLE_MS);
  return { nsPerItem, sent: count };
}

async function paced(durationMs) {
  const start = performance.now();
  let done = 0;
  for (let now = start; now - start < durationMs; now = performance.now()) {
    for (const due = ((now - start) / 1_000) * OPEN_LOOP_PER_SECOND; done < due; done++) one();
    await sleep(SLICE_MS);
  }
  return done;
}
