/**
 * Sends all three signals in numbered requests, and samples that are so old that they are rolled up and removed as they come; remembers
 * which were acknowledged, and finds out what became of them.
 */
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { BitSet } from "./bit-set.mjs";

export const ITEMS_A_REQUEST = 10;
const SENDERS_A_KIND = 2;
const PAUSE_MS = 5;
const KINDS = ["traces", "logs", "metrics", "rolled"];
/** What the program is started with, so that samples of `rolled` are older than raw ones may be. */
export const ROLLUP_FLAGS = ["--rollup", "5m,1h", "--retention", "metrics=3d"];
const ROLLED_DAY_MS = Math.floor(Date.now() / 86_400_000 - 10) * 86_400_000;
/** Old samples go at the next turn of the retention, once a minute. */
const ROLLED_WITHIN_MS = 180_000;
const OLD_SAMPLES = "SELECT count() FROM metric_samples WHERE Timestamp < now() - INTERVAL 1 DAY";
const RESOURCE = { attributes: [{ key: "service.name", value: { stringValue: "survivor" } }] };
/** How many of each request's items are stored, and how many different ones. */
const STORED = {
  traces:
    "SELECT reinterpretAsUInt64(reverse(unhex(TraceId))), toUInt32(count()), toUInt32(uniqExact(SpanId)) FROM otel_traces GROUP BY TraceId",
  logs: "SELECT reinterpretAsUInt64(reverse(unhex(TraceId))), toUInt32(count()), toUInt32(uniqExact(SpanId)) FROM otel_logs GROUP BY TraceId",
  metrics: `SELECT intDiv(IntValue, ${ITEMS_A_REQUEST}) AS Request, toUInt32(count()), toUInt32(uniqExact(IntValue)) FROM metric_samples WHERE Timestamp >= now() - INTERVAL 1 DAY GROUP BY Request`,
  // Each request has a series of its own. Different are all where their sum is right.
  rolled: ["5m", "1h"].map(
    (resolution) => `SELECT toUInt64(any(Labels['request'])) AS Request, toUInt32(sum(Count)) AS Samples,
       if(Samples != ${ITEMS_A_REQUEST}, least(Samples, ${ITEMS_A_REQUEST}), if(sum(Sum) = ${ITEMS_A_REQUEST} * ${ITEMS_A_REQUEST} * Request + ${(ITEMS_A_REQUEST * (ITEMS_A_REQUEST - 1)) / 2}, ${ITEMS_A_REQUEST}, 0))
     FROM (SELECT Fingerprint, Count, Sum FROM metric_samples_${resolution} FINAL) AS rows
     INNER JOIN (SELECT Fingerprint, any(Labels) AS Labels FROM metric_series GROUP BY Fingerprint) AS series USING Fingerprint GROUP BY Fingerprint`,
  ),
};

export class StoreLoad {
  acknowledged = Object.fromEntries(KINDS.map((kind) => [kind, new BitSet()]));
  refused = 0;
  #next = Object.fromEntries(KINDS.map((kind) => [kind, 1]));
  #url;
  #stopped = true;
  #running = [];

  constructor(url) {
    this.#url = url;
  }

  get sent() {
    return KINDS.reduce((total, kind) => total + this.#next[kind] - 1, 0);
  }

  get acknowledgedRequests() {
    return KINDS.reduce((total, kind) => total + this.acknowledged[kind].size, 0);
  }

  start() {
    this.#stopped = false;
    this.#running = KINDS.flatMap((kind) => Array.from({ length: SENDERS_A_KIND }, () => this.#run(kind)));
  }

  /** Resolves once nothing is in flight. */
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** What is wrong with what is stored; nothing, where all is well. To be called while nothing is sent. */
  async faults(clew) {
    const faults = [];
    if (!(await rolledUp(clew))) faults.push(`rolled: not all old samples were rolled up in ${ROLLED_WITHIN_MS} ms`);
    for (const kind of KINDS)
      for (const query of [STORED[kind]].flat()) faults.push(...this.#faultsOf(kind, await clew.rows(query)));
    for (const [what, query] of VIEW_FAULTS) {
      const [[count]] = await clew.rows(query);
      if (Number(count) !== 0) faults.push(`${what}: ${count}`);
    }
    return faults;
  }

  #faultsOf(kind, rows) {
    const stored = new BitSet();
    const wrong = { "never sent": [], "not whole": [], "there twice": [] };
    for (const [request, count, different] of rows) {
      const number = Number(request);
      stored.add(number);
      if (number < 1 || number >= this.#next[kind]) wrong["never sent"].push(number);
      else if (different !== ITEMS_A_REQUEST) wrong["not whole"].push(number);
      else if (count !== different) wrong["there twice"].push(number);
    }
    const { count, missing } = this.acknowledged[kind].missingIn(stored);
    const faults = count === 0 ? [] : [`${kind}: ${count} acknowledged requests are missing: ${missing.join(", ")} …`];
    for (const [what, numbers] of Object.entries(wrong))
      if (numbers.length > 0)
        faults.push(`${kind}: ${numbers.length} requests ${what}: ${numbers.slice(0, 5).join(", ")} …`);
    return faults;
  }

  async #run(kind) {
    while (!this.#stopped) {
      const request = this.#next[kind]++;
      try {
        const response = await fetch(this.#url + PROTOCOLS[signalOf(kind)].httpPath, {
          method: "POST",
          headers: { "Content-Type": "application/x-protobuf" },
          body: bodyOf(kind, request),
        });
        await response.arrayBuffer();
        if (response.ok) this.acknowledged[kind].add(request);
        else this.refused++;
      } catch {
        // It was killed before it answered: what was sent may be there or not.
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function signalOf(kind) {
  return kind === "rolled" ? "metrics" : kind;
}

/** Resolves once no raw sample is left that is old enough to go; to whether that was soon. */
async function rolledUp(clew) {
  for (const giveUpAt = performance.now() + ROLLED_WITHIN_MS; performance.now() < giveUpAt;) {
    const [[left]] = await clew.rows(OLD_SAMPLES);
    if (Number(left) === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return false;
}

/** What views made of spans and log records must agree with them; each query counts what does not. */
const VIEW_FAULTS = [
  [
    "spans counted in span_durations and not stored, or the other way round",
    "SELECT abs((SELECT toInt64(sum(Spans)) FROM span_durations) - (SELECT toInt64(count()) FROM otel_traces))",
  ],
  [
    "log records counted in log_counts and not stored, or the other way round",
    "SELECT abs((SELECT toInt64(sum(Logs)) FROM log_counts) - (SELECT toInt64(count()) FROM otel_logs))",
  ],
  [
    "traces that otel_traces_trace_id_ts has not exactly once an hour",
    `SELECT count() FROM (SELECT TraceId, uniqExact(toStartOfHour(Timestamp)) AS Hours FROM otel_traces GROUP BY TraceId) AS stored
       FULL JOIN (SELECT TraceId, count() AS Hours FROM otel_traces_trace_id_ts GROUP BY TraceId) AS seen USING TraceId
       WHERE stored.Hours != seen.Hours`,
  ],
  [
    "samples whose series is unknown",
    "SELECT count() FROM metric_samples WHERE Fingerprint NOT IN (SELECT Fingerprint FROM metric_series)",
  ],
];

function bodyOf(kind, request) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const traceId = idOf(16, request);
  const items = Array.from({ length: ITEMS_A_REQUEST }, (_unused, i) => request * ITEMS_A_REQUEST + i);
  const ids = items.map((item) => ({ traceId, spanId: idOf(8, item) }));
  if (kind === "traces") {
    const spans = ids.map((id) => ({ ...id, name: "work", startTimeUnixNano: now, endTimeUnixNano: now + 1_000n }));
    return encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ spans }] }] });
  }
  if (kind === "logs") {
    const logRecords = ids.map((id) => ({ ...id, timeUnixNano: now, body: { stringValue: "still here" } }));
    return encode(PROTOCOLS.logs.request, { resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ logRecords }] }] });
  }
  if (kind === "rolled") {
    const attributes = [{ key: "request", value: { stringValue: String(request) } }];
    const start = BigInt(ROLLED_DAY_MS + (request % 80_000) * 1_000) * 1_000_000n;
    const dataPoints = items.map((item, i) => ({
      attributes,
      timeUnixNano: start + BigInt(i) * 10_000_000n,
      asInt: BigInt(item),
    }));
    return encode(PROTOCOLS.metrics.request, {
      resourceMetrics: [
        { resource: RESOURCE, scopeMetrics: [{ metrics: [{ name: "rolled", gauge: { dataPoints } }] }] },
      ],
    });
  }
  // New series come all the time, since a crash must lose none of them either.
  const attributes = [{ key: "batch", value: { stringValue: String(request >> 6) } }];
  const dataPoints = items.map((item, i) => ({ attributes, timeUnixNano: now + BigInt(i), asInt: BigInt(item) }));
  const metrics = [{ name: "survived", gauge: { dataPoints } }];
  return encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ metrics }] }] });
}

function idOf(length, number) {
  const id = Buffer.alloc(length);
  id.writeBigUInt64BE(BigInt(number), length - 8);
  return id;
}
