/** Sends all three signals in numbered requests, remembers which were acknowledged, and finds out what became of them. */
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { BitSet } from "./bit-set.mjs";

export const ITEMS_A_REQUEST = 10;
const SENDERS_A_SIGNAL = 2;
const PAUSE_MS = 5;
const SIGNALS = ["traces", "logs", "metrics"];
const RESOURCE = { attributes: [{ key: "service.name", value: { stringValue: "survivor" } }] };
/** How many of each request's items are stored, and how many different ones. */
const STORED = {
  traces:
    "SELECT reinterpretAsUInt64(reverse(unhex(TraceId))), toUInt32(count()), toUInt32(uniqExact(SpanId)) FROM otel_traces GROUP BY TraceId",
  logs: "SELECT reinterpretAsUInt64(reverse(unhex(TraceId))), toUInt32(count()), toUInt32(uniqExact(SpanId)) FROM otel_logs GROUP BY TraceId",
  metrics: `SELECT intDiv(IntValue, ${ITEMS_A_REQUEST}) AS Request, toUInt32(count()), toUInt32(uniqExact(IntValue)) FROM metric_samples GROUP BY Request`,
};

export class StoreLoad {
  acknowledged = { traces: new BitSet(), logs: new BitSet(), metrics: new BitSet() };
  refused = 0;
  #next = { traces: 1, logs: 1, metrics: 1 };
  #url;
  #stopped = true;
  #running = [];

  constructor(url) {
    this.#url = url;
  }

  get sent() {
    return SIGNALS.reduce((total, signal) => total + this.#next[signal] - 1, 0);
  }

  get acknowledgedRequests() {
    return SIGNALS.reduce((total, signal) => total + this.acknowledged[signal].size, 0);
  }

  start() {
    this.#stopped = false;
    this.#running = SIGNALS.flatMap((signal) => Array.from({ length: SENDERS_A_SIGNAL }, () => this.#run(signal)));
  }

  /** Resolves once nothing is in flight. */
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** What is wrong with what is stored; nothing, where all is well. To be called while nothing is sent. */
  async faults(clew) {
    const faults = [];
    for (const signal of SIGNALS) faults.push(...this.#faultsOf(signal, await clew.rows(STORED[signal])));
    for (const [what, query] of VIEW_FAULTS) {
      const [[count]] = await clew.rows(query);
      if (Number(count) !== 0) faults.push(`${what}: ${count}`);
    }
    return faults;
  }

  #faultsOf(signal, rows) {
    const stored = new BitSet();
    const wrong = { "never sent": [], "not whole": [], "there twice": [] };
    for (const [request, count, different] of rows) {
      const number = Number(request);
      stored.add(number);
      if (number < 1 || number >= this.#next[signal]) wrong["never sent"].push(number);
      else if (different !== ITEMS_A_REQUEST) wrong["not whole"].push(number);
      else if (count !== different) wrong["there twice"].push(number);
    }
    const { count, missing } = this.acknowledged[signal].missingIn(stored);
    const faults =
      count === 0 ? [] : [`${signal}: ${count} acknowledged requests are missing: ${missing.join(", ")} …`];
    for (const [what, numbers] of Object.entries(wrong))
      if (numbers.length > 0)
        faults.push(`${signal}: ${numbers.length} requests ${what}: ${numbers.slice(0, 5).join(", ")} …`);
    return faults;
  }

  async #run(signal) {
    while (!this.#stopped) {
      const request = this.#next[signal]++;
      try {
        const response = await fetch(this.#url + PROTOCOLS[signal].httpPath, {
          method: "POST",
          headers: { "Content-Type": "application/x-protobuf" },
          body: bodyOf(signal, request),
        });
        await response.arrayBuffer();
        if (response.ok) this.acknowledged[signal].add(request);
        else this.refused++;
      } catch {
        // It was killed before it answered: what was sent may be there or not.
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
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

function bodyOf(signal, request) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const traceId = idOf(16, request);
  const items = Array.from({ length: ITEMS_A_REQUEST }, (_unused, i) => request * ITEMS_A_REQUEST + i);
  const ids = items.map((item) => ({ traceId, spanId: idOf(8, item) }));
  if (signal === "traces") {
    const spans = ids.map((id) => ({ ...id, name: "work", startTimeUnixNano: now, endTimeUnixNano: now + 1_000n }));
    return encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ spans }] }] });
  }
  if (signal === "logs") {
    const logRecords = ids.map((id) => ({ ...id, timeUnixNano: now, body: { stringValue: "still here" } }));
    return encode(PROTOCOLS.logs.request, { resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ logRecords }] }] });
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
