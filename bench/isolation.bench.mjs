/**
 * Whether queries delay ingest: the time from a request to its acknowledgement, and from there
 * to where it can be found, with nothing else going on and while ten heavy queries run all the time.
 *
 *     npm run bench -- isolation [seconds a round]
 */
import { startClew } from "./running-clew.mjs";
import { spansRequest } from "./spans.mjs";

const STORED_SPANS = 2_000_000;
const SPANS_PER_REQUEST = 100;
const REQUESTS_PER_SECOND = 50;
const HEAVY_QUERIES = 10;
const HEAVY =
  "SELECT uniqExact(tuple(SpanAttributes, TraceId, Duration)) FROM otel_traces WHERE SpanName LIKE '%a%' OR Duration > 0";
const seconds = Number(process.argv[2] ?? 15);

const clew = await startClew(["--clickhouse-port", "0", "--clickhouse-access", "write"]);
try {
  await sql(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, ServiceName, Duration, SpanAttributes)
     SELECT now64(9) - number / 1000, hex(cityHash64(intDiv(number, 10))), hex(number), concat('name ', toString(number % 50)), concat('service ', toString(number % 9)),
       rand() % 1000000, map('http.route', toString(number % 100), 'user.id', toString(rand() % 10000)) FROM numbers(${STORED_SPANS})`,
  );
  console.log("heavy queries  answered  acknowledged ms p50   p99  searchable ms p50   max");
  await measure(0);
  await measure(0);
  await measure(HEAVY_QUERIES);
} finally {
  await clew.stop();
}

async function measure(queries) {
  const stopping = new AbortController();
  let answered = 0;
  const asking = Array.from({ length: queries }, async () => {
    while (!stopping.signal.aborted) {
      await sql(HEAVY, stopping.signal).then(
        () => answered++,
        () => {},
      );
    }
  });
  const acknowledged = await send();
  const searchable = await searchableTimes();
  stopping.abort();
  await Promise.all(asking);
  const of = (times, share) => times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1].toFixed(1);
  console.log(
    `${String(queries).padStart(13)}  ${String(answered).padStart(8)}  ${of(acknowledged, 0.5).padStart(19)}  ${of(acknowledged, 0.99).padStart(4)}  ${of(searchable, 0.5).padStart(17)}  ${of(searchable, 1).padStart(4)}`,
  );
}

/** At an even pace, so that a slow answer does not thin out the measurements. */
async function send() {
  const times = [];
  const pending = [];
  const body = spansRequest(SPANS_PER_REQUEST, 1);
  for (let i = 0; i < seconds * REQUESTS_PER_SECOND; i++) {
    const startedAt = performance.now();
    pending.push(post(body).then(() => times.push(performance.now() - startedAt)));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / REQUESTS_PER_SECOND));
  }
  await Promise.all(pending);
  return times;
}

async function searchableTimes() {
  const times = [];
  for (let i = 0; i < 10; i++) {
    const before = await count();
    await post(spansRequest(SPANS_PER_REQUEST, 2));
    const startedAt = performance.now();
    while ((await count()) < before + SPANS_PER_REQUEST) await new Promise((resolve) => setTimeout(resolve, 20));
    times.push(performance.now() - startedAt);
  }
  return times;
}

async function count() {
  return Number(await sql("SELECT count() FROM otel_traces SETTINGS priority = 1"));
}

async function post(body) {
  const headers = { "Content-Type": "application/x-protobuf" };
  const { status } = await fetch(`${clew.otlpHttp}/v1/traces`, { method: "POST", headers, body });
  if (status !== 200) throw new Error(`refused with ${status}`);
}

async function sql(query, signal) {
  const url = `${clew.clickhouse}/?priority=2&max_memory_usage=1000000000&max_bytes_before_external_group_by=300000000`;
  const response = await fetch(url, { method: "POST", body: query, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
