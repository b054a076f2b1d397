/**
 * Whether queries delay ingest: the time from a request to its acknowledgement, and from there
 * to where it can be found, with nothing else going on and while ten heavy queries run all the time.
 */
import { startClew } from "./running-clew.mjs";
import { spansRequest } from "./spans.mjs";

const STORED_SPANS = 2_000_000;
const SPANS_AT_ONCE = 250_000;
const SPANS_PER_REQUEST = 100;
const REQUESTS_PER_SECOND = 50;
const HEAVY_QUERIES = 10;
const HEAVY =
  "SELECT uniqExact(tuple(SpanAttributes, TraceId, Duration)) FROM otel_traces WHERE SpanName LIKE '%a%' OR Duration > 0";

export async function run(secondsText = "15") {
  const clew = await startClew(["--clickhouse-port", "0", "--clickhouse-access", "write"]);
  try {
    for (let first = 0; first < STORED_SPANS; first += SPANS_AT_ONCE) await sql(clew, insertFrom(first));
    console.log("heavy queries  answered  acknowledged ms p50   p99  searchable ms p50   max");
    for (const queries of [0, 0, HEAVY_QUERIES]) await measure(clew, queries, Number(secondsText));
  } finally {
    await clew.stop();
  }
}

function insertFrom(first) {
  return `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, ServiceName, Duration, SpanAttributes)
    SELECT now64(9) - number / 1000, hex(cityHash64(intDiv(number, 10))), hex(number), concat('name ', toString(number % 50)),
      concat('service ', toString(number % 9)), rand() % 1000000,
      map('http.route', toString(number % 100), 'user.id', toString(rand() % 10000)) FROM numbers(${first}, ${SPANS_AT_ONCE})`;
}

async function measure(clew, queries, seconds) {
  const stopping = new AbortController();
  let answered = 0;
  const asking = Array.from({ length: queries }, async () => {
    while (!stopping.signal.aborted) {
      await sql(clew, HEAVY, stopping.signal).then(
        () => answered++,
        () => {},
      );
    }
  });
  const acknowledged = await send(clew, seconds);
  const searchable = await searchableTimes(clew);
  stopping.abort();
  await Promise.all(asking);
  const of = (times, share) => times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1].toFixed(1);
  console.log(
    `${String(queries).padStart(13)}  ${String(answered).padStart(8)}  ${of(acknowledged, 0.5).padStart(19)}  ${of(acknowledged, 0.99).padStart(4)}  ${of(searchable, 0.5).padStart(17)}  ${of(searchable, 1).padStart(4)}`,
  );
}

/** At an even pace, so that a slow answer does not thin out the measurements. */
async function send(clew, seconds) {
  const times = [];
  const pending = [];
  const body = spansRequest(SPANS_PER_REQUEST, 1);
  for (let i = 0; i < seconds * REQUESTS_PER_SECOND; i++) {
    const startedAt = performance.now();
    pending.push(post(clew, body).then(() => times.push(performance.now() - startedAt)));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / REQUESTS_PER_SECOND));
  }
  await Promise.all(pending);
  return times;
}

async function searchableTimes(clew) {
  const times = [];
  for (let i = 0; i < 10; i++) {
    const before = await count(clew);
    await post(clew, spansRequest(SPANS_PER_REQUEST, 2));
    const startedAt = performance.now();
    while ((await count(clew)) < before + SPANS_PER_REQUEST) await new Promise((resolve) => setTimeout(resolve, 20));
    times.push(performance.now() - startedAt);
  }
  return times;
}

async function count(clew) {
  return Number(await sql(clew, "SELECT count() FROM otel_traces SETTINGS priority = 1"));
}

async function post(clew, body) {
  const headers = { "Content-Type": "application/x-protobuf" };
  const { status } = await fetch(`${clew.otlpHttp}/v1/traces`, { method: "POST", headers, body });
  if (status !== 200) throw new Error(`refused with ${status}`);
}

async function sql(clew, query, signal) {
  const url = `${clew.clickhouse}/?priority=2&max_memory_usage=1000000000&max_bytes_before_external_group_by=300000000`;
  const response = await fetch(url, { method: "POST", body: query, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
