/**
 * A process that sends the shop's telemetry over OTLP/gRPC as fast as it is answered, each request with ids and times
 * of its own. Arguments: address, signal, items a request, requests in flight, milliseconds. Prints
 * `{items, requests, failures, bytes, latenciesMs}`, the latter p50 and p99.
 */
import { randomBytes } from "node:crypto";
import { connect } from "node:http2";
import { PROTOCOLS, Reader } from "../packages/otlp/dist/index.js";
import { ShopLogs } from "./shop-logs.mjs";
import { ShopMetrics } from "./shop-metrics.mjs";
import { ShopTraces } from "./shop-traces.mjs";

const [address, signal, itemsText, inFlightText, durationText] = process.argv.slice(2);
const POOL_ITEMS = 40_000;
/** Where ids and times stand in a Span, a LogRecord and a NumberDataPoint: field numbers. */
const FIELDS = {
  traces: { ids: [1, 2, 4], times: [7, 8] },
  logs: { ids: [9, 10], times: [1, 11] },
  metrics: { ids: [], times: [3] },
};

const made = requests(Number(itemsText));
const pool = made.map(({ bytes, items }) => ({ body: framed(bytes), items, places: placesOf(bytes) }));
const madeAtUnixNano = BigInt(Date.now()) * 1_000_000n;
const session = connect(address);
const totals = { items: 0, requests: 0, failures: 0, bytes: 0 };
const latencies = [];
const until = Date.now() + Number(durationText);

await Promise.all(Array.from({ length: Number(inFlightText) }, (_unused, lane) => sendAll(lane)));
session.close();
latencies.sort((a, b) => a - b);
const at = (part) => latencies[Math.floor(latencies.length * part)] ?? 0;
console.log(JSON.stringify({ ...totals, latenciesMs: { p50: at(0.5), p99: at(0.99) } }));

function requests(items) {
  const startUnixNano = BigInt(Date.now()) * 1_000_000n;
  const count = Math.max(Number(inFlightText) + 1, Math.ceil(POOL_ITEMS / items));
  if (signal === "traces") {
    const shop = new ShopTraces({ seed: process.pid, startUnixNano, stepNanos: 100_000n });
    return shop.requestsOfProcesses(count, items).map(({ bytes, spans }) => ({ bytes, items: spans }));
  }
  if (signal === "logs") {
    const shop = new ShopLogs({ seed: process.pid, startUnixNano, stepNanos: 10_000n });
    return Array.from({ length: count }, () => shop.request(items)).map(({ bytes, records }) => ({
      bytes,
      items: records,
    }));
  }
  const shop = new ShopMetrics({ seed: 1, startMs: Date.now() });
  return Array.from({ length: 4 }, () => shop.exports()).flatMap((exports) => batched(exports, items));
}

/** Exports of several processes in one request, as a collector sends them: of at least so many points, but for the last. */
function batched(exports, leastPoints) {
  const batches = [];
  for (const { bytes, points } of exports) {
    const last = batches.at(-1);
    if (last === undefined || last.items >= leastPoints) batches.push({ parts: [bytes], items: points });
    else {
      last.parts.push(bytes);
      last.items += points;
    }
  }
  return batches.map(({ parts, items }) => ({ bytes: Buffer.concat(parts), items }));
}

async function sendAll(lane) {
  for (let i = lane; Date.now() < until; i += Number(inFlightText)) {
    const { body, items, places } = pool[i % pool.length];
    renew(body, places);
    const startedAt = performance.now();
    const status = await send(body);
    latencies.push(performance.now() - startedAt);
    totals.requests++;
    if (status === "0") {
      totals.items += items;
      totals.bytes += body.length;
    } else totals.failures++;
  }
}

function send(body) {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": PROTOCOLS[signal].grpcPath,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status;
    stream.on("response", (headers) => (status = headers["grpc-status"] ?? status));
    stream.on("trailers", (headers) => (status = headers["grpc-status"]));
    stream.on("error", () => resolve("error"));
    stream.on("close", () => resolve(status));
    stream.resume();
    stream.end(body);
  });
}

/** The same request with other ids, alike where they were alike, and as late as it is now. */
function renew(body, places) {
  const mask = randomBytes(8);
  for (const place of places.ids) for (let i = 0; i < 8; i++) body[place + i] ^= mask[i];
  const nowUnixNano = BigInt(Date.now()) * 1_000_000n;
  const later = nowUnixNano - (places.movedTo ?? madeAtUnixNano);
  places.movedTo = nowUnixNano;
  for (const place of places.times) body.writeBigUInt64LE(body.readBigUInt64LE(place) + later, place);
}

/** Positions in the framed body of all that is renewed. */
function placesOf(bytes) {
  const places = { ids: [], times: [] };
  const reader = new Reader(bytes);
  const depth = signal === "metrics" ? 5 : 3;
  walk(reader, bytes.length, depth, places);
  return places;
}

function walk(reader, end, depth, places) {
  const { ids, times } = FIELDS[signal];
  while (reader.position < end) {
    const tag = reader.varint();
    const field = tag >>> 3;
    if (depth === 0 && ids.includes(field)) {
      const idEnd = reader.lengthEnd();
      if (idEnd > reader.position) places.ids.push(reader.position + 5);
      reader.position = idEnd;
    } else if (depth === 0 && times.includes(field)) {
      places.times.push(reader.position + 5);
      reader.position += 8;
    } else if (depth > 0 && isInner(field, depth)) walk(reader, reader.lengthEnd(), depth - 1, places);
    else reader.skip(tag);
  }
}

/** The field of the next message in: resource, scope, record; for metrics gauge or sum, and its points. */
function isInner(field, depth) {
  if (signal !== "metrics") return field === (depth === 3 ? 1 : 2);
  if (depth === 2) return field === 5 || field === 7;
  return field === (depth === 5 || depth === 1 ? 1 : 2);
}

/** gRPC's frame: a flag for compression and the length. */
function framed(message) {
  const frame = Buffer.allocUnsafe(message.length + 5);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
