/**
 * Fills a store with a day of the shop, tells what it takes on disk, and asks it what users ask. A directory that is named is
 * kept, and asked again without being filled.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../scripts/set-up.mjs";
import { payloadOf } from "../packages/otlp/dist/index.js";
import { LogReader, MetricReader, OverviewReader, Store, TraceReader } from "../packages/store/dist/index.js";
import { cpuMicros, memoryBytes } from "./process-usage.mjs";
import { askDuckdb } from "./store-duckdb.mjs";
import { measurePrometheus } from "./store-prometheus.mjs";
import { Random, SERVICES } from "./shop-model.mjs";
import { ShopLogs } from "./shop-logs.mjs";
import { EXPORT_INTERVAL_MS, SERIES_COUNT, ShopMetrics } from "./shop-metrics.mjs";
import { ShopTraces } from "./shop-traces.mjs";

const DAY_MS = 86_400_000;
const SPANS = 10_000_000;
const LOGS = 10_000_000;
const SAMPLES = 50_000_000;
const PER_REQUEST = 512;
const IN_FLIGHT = 64;
const SPANS_PER_TRACE = 20;
const REPEATS = 45;
/** Asked before, with other values: after a start each part's marks and dictionaries are read once. */
const WARM_UPS = 10;
const SETTLE_MS = 180_000;

export async function run(scaleText = "1", kept) {
  const scale = Number(scaleText);
  const directory = kept ?? mkdtempSync(join(tmpdir(), "clew-bench-"));
  const store = await Store.open({
    directory,
    engineProgram: join(ROOT, "packages/clew/dist/engine-main.js"),
    engineMemoryBytes: 4_294_967_296,
  });
  try {
    const file = join(directory, "bench.json");
    if (!existsSync(file)) writeFileSync(file, JSON.stringify(await fill(store, scale)));
    const { endMs, loaded } = JSON.parse(readFileSync(file, "utf8"));
    await printDisk(store, loaded);
    const startMs = endMs - DAY_MS;
    const window = { startUnixNano: BigInt(startMs) * 1_000_000n, endUnixNano: BigInt(endMs) * 1_000_000n };
    await printAnswers(store, window);
    await measurePrometheus(store);
    await askDuckdb(store, window, await questionsForDuckdb(store));
  } finally {
    await store.close();
    if (kept === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

async function fill(store, scale) {
  const endMs = Date.now();
  const startUnixNano = BigInt(endMs - DAY_MS) * 1_000_000n;
  const loaded = {
    traces: await load(store, "traces", spanRequests(SPANS * scale, startUnixNano)),
    logs: await load(store, "logs", logRequests(LOGS * scale, startUnixNano)),
    metrics: await load(store, "metrics", metricRequests(SAMPLES * scale, endMs)),
  };
  await settled(store);
  return { endMs, loaded };
}

function* spanRequests(total, startUnixNano) {
  const stepNanos = BigInt(Math.floor((DAY_MS * 1e6) / (total / SPANS_PER_TRACE)));
  const shop = new ShopTraces({ seed: 1, startUnixNano, stepNanos });
  for (let spans = 0; spans < total;) {
    const request = shop.request(PER_REQUEST);
    spans += request.spans;
    yield { bytes: request.bytes, items: request.spans, raw: request.bytes.length };
  }
}

function* logRequests(total, startUnixNano) {
  const shop = new ShopLogs({ seed: 2, startUnixNano, stepNanos: BigInt(Math.floor((DAY_MS * 1e6) / total)) });
  for (let records = 0; records < total; records += PER_REQUEST) {
    const middle = Math.abs(records - total / 2) < PER_REQUEST;
    const request = shop.request(PER_REQUEST, middle ? "zyzzyva" : undefined);
    yield { bytes: request.bytes, items: request.records, raw: request.lineBytes };
  }
}

/** As many exports as make the total, the last of them now. */
function* metricRequests(total, endMs) {
  const exports = Math.ceil(total / SERIES_COUNT);
  const shop = new ShopMetrics({ seed: 3, startMs: endMs - (exports + 1) * EXPORT_INTERVAL_MS });
  for (let i = 0; i < exports; i++)
    for (const { bytes, points } of shop.exports()) yield { bytes, items: points, raw: bytes.length };
}

async function load(store, signal, requests) {
  const before = { program: process.cpuUsage(), engine: cpuMicros(store.health.enginePid) };
  const startedAt = performance.now();
  const total = { items: 0, raw: 0 };
  const lane = async () => {
    for (const { bytes, items, raw } of requests) {
      total.items += items;
      total.raw += raw;
      for (;;) {
        try {
          await store.write(payloadOf(signal, Buffer.from(bytes)));
          break;
        } catch (error) {
          if (error.code !== "STORE_SPOOL_FULL") throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await store.flush();
  const seconds = (performance.now() - startedAt) / 1_000;
  const engine = cpuMicros(store.health.enginePid) - before.engine;
  console.log(
    `${signal}: ${total.items} in ${seconds.toFixed(0)} s with their making; engine ${(engine / total.items).toFixed(2)} µs an item with merges`,
  );
  return total;
}

/** Waits until no merges run. */
async function settled(store) {
  const giveUpAt = performance.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 5 && performance.now() < giveUpAt;) {
    const [[running]] = await store.client.rows("SELECT count() FROM system.merges");
    quiet = Number(running) === 0 ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function printDisk(store, loaded) {
  const rows = await store.client.rows(
    `SELECT table, sum(bytes_on_disk), count(), sum(rows) FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table`,
  );
  const bytesOf = (...patterns) =>
    rows
      .filter(([table]) => patterns.some((one) => table.startsWith(one)))
      .reduce((sum, row) => sum + Number(row[1]), 0);
  for (const [table, bytes, parts, count] of rows)
    console.log(`  ${table}: ${bytes} bytes, ${parts} parts, ${count} rows`);
  const spans = bytesOf("otel_traces", "span_");
  const logs = bytesOf("otel_logs");
  const metrics = bytesOf("metric_");
  console.log(`bytes a span: ${(spans / loaded.traces.items).toFixed(1)} (bar 60)`);
  console.log(
    `bytes a log record: ${(logs / loaded.logs.items).toFixed(1)}, ${((logs / loaded.logs.raw) * 100).toFixed(1)} % of its line of JSON (bar 20 %)`,
  );
  console.log(`bytes a metric sample: ${(metrics / loaded.metrics.items).toFixed(2)} (bar 2.0)`);
  console.log(`engine: ${Math.round(memoryBytes(store.health.enginePid).peak / 1e6)} MB at its peak`);
}

async function printAnswers(store, day) {
  const [traces, logs, metrics, overview] = [TraceReader, LogReader, MetricReader, OverviewReader].map(
    (R) => new R(store.client),
  );
  const random = new Random(9);
  const hour = { startUnixNano: day.endUnixNano - 3_600_000_000_000n, endUnixNano: day.endUnixNano };
  const ids = await someTraceIds(store);
  const status = { key: "http.response.status_code", operator: "=", value: "500" };
  const user = () => ({ key: "user.id", operator: "=", value: `u${100_000 + random.below(100_000)}` });
  const service = () => SERVICES[random.below(SERVICES.length)].name;
  const minDurationNanos = 20_000_000n;
  const asked = [
    ["trace by id", 20, (i) => traces.traces([ids[i]])],
    [
      "service, attribute, duration, a day",
      100,
      () => traces.search({ window: day, service: service(), attributes: [status], minDurationNanos }, 20),
    ],
    [
      "service, rare attribute, duration, a day",
      100,
      () => traces.search({ window: day, service: service(), attributes: [user()], minDurationNanos: 1_000_000n }, 20),
    ],
    [
      "service, attribute, duration, an hour",
      100,
      () => traces.search({ window: hour, service: service(), attributes: [status], minDurationNanos }, 20),
    ],
    ["common attribute anywhere", 500, () => traces.search({ window: day, attributes: [status] }, 20)],
    ["rare attribute anywhere", 500, () => traces.search({ window: day, attributes: [user()] }, 20)],
    ["RED of all services, a day", 100, () => overview.services(day)],
    ["RED of a service's operations, a day", 100, () => overview.operations(service(), day)],
    ["rare log word", 50, () => logs.search({ window: day, text: "zyzzyva" }, 50)],
    ["rare part of a log word", undefined, () => logs.search({ window: day, text: "*yzzyv*" }, 50)],
    ["common log phrase", 50, () => logs.search({ window: day, text: '"timed out"' }, 50)],
    ["logs of a trace", undefined, (i) => logs.search({ window: day, traceId: ids[i] }, 50)],
    ["newest logs", undefined, () => logs.search({ window: day }, 100)],
    [
      "series of a metric and service, an hour",
      undefined,
      async () => {
        const millis = {
          startMs: Number(hour.startUnixNano / 1_000_000n),
          endMs: Number(hour.endUnixNano / 1_000_000n),
        };
        const conditions = [
          { name: "__name__", operator: "=", value: `shop_requests_${random.below(6)}_total` },
          { name: "job", operator: "=~", value: `shop/${service()}` },
        ];
        const series = await metrics.series(conditions, millis);
        const points = await metrics.numbers(series, { ...millis, hasStarts: true }, 1e9);
        return points.runs;
      },
    ],
  ];
  console.log("\nquestion                                    p50 ms  p90 ms   bar  engine CPU ms  found");
  for (const [name, bar, ask] of asked) {
    const times = [];
    let found;
    for (let i = 0; i < WARM_UPS; i++) await ask(REPEATS + i);
    const before = cpuMicros(store.health.enginePid);
    for (let i = 0; i < REPEATS; i++) {
      const startedAt = performance.now();
      found = await ask(i);
      times.push(performance.now() - startedAt);
    }
    const cpu = (cpuMicros(store.health.enginePid) - before) / REPEATS / 1_000;
    times.sort((a, b) => a - b);
    const cells = [times[REPEATS >> 1].toFixed(0).padStart(6), times[Math.floor(REPEATS * 0.9)].toFixed(0).padStart(6)];
    console.log(
      [
        name.padEnd(42),
        ...cells,
        String(bar ?? "").padStart(4),
        cpu.toFixed(0).padStart(13),
        String(found.length).padStart(5),
      ].join("  "),
    );
  }
}

/** The same as far as SQL of a store that knows nothing of traces can ask it. */
async function questionsForDuckdb(store) {
  const ids = await someTraceIds(store);
  const traces = (condition) =>
    `SELECT TraceId, min(Timestamp) AS first FROM spans WHERE ${condition} GROUP BY TraceId ORDER BY first DESC LIMIT 20`;
  return [
    ["trace by id", (i) => `SELECT * FROM spans WHERE TraceId = '${ids[i]}'`],
    [
      "service, attribute, duration, a day",
      (i) =>
        traces(
          `ServiceName = '${SERVICES[i].name}' AND SpanAttributes['http.response.status_code'] = '500' AND Duration >= 20000000`,
        ),
    ],
    ["rare attribute anywhere", (i) => traces(`SpanAttributes['user.id'] = 'u${150_000 + i}'`)],
    [
      "RED of all services, a day",
      () => `SELECT ServiceName, count(*), count(*) FILTER (StatusCode = 'Error'), quantile_cont(Duration, [0.5, 0.95, 0.99])
        FROM spans WHERE SpanKind IN ('Server', 'Consumer') OR ParentSpanId = '' GROUP BY ServiceName`,
    ],
    [
      "rare log word",
      () => "SELECT * FROM logs WHERE regexp_matches(Body, '\\bzyzzyva\\b', 'i') ORDER BY Timestamp DESC LIMIT 50",
    ],
  ];
}

async function someTraceIds(store) {
  const rows = await store.client.rows(
    `SELECT TraceId FROM otel_traces_trace_id_ts GROUP BY TraceId ORDER BY cityHash64(TraceId) LIMIT ${REPEATS + WARM_UPS}`,
  );
  return rows.map(([id]) => id);
}
