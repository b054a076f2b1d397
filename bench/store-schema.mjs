/** Layouts of the table of spans beside the one that was chosen: what inserts, merges, bytes and answers cost in each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../scripts/set-up.mjs";
import { payloadOf } from "../packages/otlp/dist/index.js";
import { nativeBlock } from "../packages/store/dist/block/native-block.js";
import { Store } from "../packages/store/dist/index.js";
import { TRACE_STATEMENTS } from "../packages/store/dist/schema/traces.js";
import { SpansTranscoder } from "../packages/store/dist/transcode/spans.js";
import { cpuMicros } from "./process-usage.mjs";
import { ShopTraces } from "./shop-traces.mjs";

const SPANS_PER_BLOCK = 100_000;
const REPEATS = 7;
const CHOSEN = TRACE_STATEMENTS[0];
const TRACE_ID_INDEX = /,\s*INDEX idx_trace_id[^\n]*/;
const ordered = (by) => CHOSEN.replace(/ORDER BY [^\n]*/, `ORDER BY (${by})`);
const indexed = (index) => CHOSEN.replace(TRACE_ID_INDEX, (found) => `${found},\n  INDEX extra ${index}`);
const buckets = (coefficient) =>
  CHOSEN.replace("map_buckets_coefficient = 0.5", `map_buckets_coefficient = ${coefficient}`);

/** Name → the statement that makes the table. */
const LAYOUTS = {
  chosen: CHOSEN,
  "service before time": ordered("ServiceName, SpanName, toDateTime(Timestamp)"),
  "traces together": ordered("toStartOfFiveMinutes(Timestamp), TraceId, Timestamp"),
  "services' names together": ordered("toStartOfHour(Timestamp), ServiceName, SpanName, Timestamp"),
  "services' times together": ordered("toStartOfHour(Timestamp), ServiceName, Timestamp"),
  "services' traces together": ordered("toStartOfHour(Timestamp), ServiceName, TraceId, Timestamp"),
  "maps in one piece": CHOSEN.replace("'with_buckets'", "'basic'"),
  "a bucket a key": buckets(1),
  "ZSTD(1) for maps": CHOSEN.replaceAll("ZSTD(3)", "ZSTD(1)"),
  "LZ4 for all": CHOSEN.replaceAll(/ZSTD\(\d\)/g, "LZ4"),
  "1,024 rows a granule": CHOSEN.replace("index_granularity = 512", "index_granularity = 1024"),
  "8,192 rows a granule": CHOSEN.replace("index_granularity = 512", "index_granularity = 8192"),
  "small maps in buckets": CHOSEN.replace("map_buckets_min_avg_size = 12", "map_buckets_min_avg_size = 0"),
  "blocks of 8 KiB": CHOSEN.replace("min_compress_block_size = 16384", "min_compress_block_size = 8192"),
  "blocks of 64 KiB": CHOSEN.replace("min_compress_block_size = 16384", "min_compress_block_size = 65536"),
  "ids by a text index": CHOSEN.replace(
    TRACE_ID_INDEX,
    ",\n  INDEX idx_trace_id TraceId TYPE text(tokenizer = 'array')",
  ),
  "ids by a projection": CHOSEN.replace(TRACE_ID_INDEX, ",\n  PROJECTION by_id (SELECT _part_offset ORDER BY TraceId)"),
  "values in a bloom filter": indexed("mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1"),
  "values in a text index": indexed("mapValues(SpanAttributes) TYPE text(tokenizer = 'array')"),
};

export async function run(millionsText = "1", wanted) {
  const directory = mkdtempSync(join(tmpdir(), "clew-bench-"));
  const engineProgram = join(ROOT, "packages/clew/dist/engine-main.js");
  const store = await Store.open({ directory, engineProgram, engineMemoryBytes: 4_294_967_296 });
  try {
    const blocks = spanBlocks(Number(millionsText) * 1e6);
    const names = Object.keys(LAYOUTS).filter((name) => wanted === undefined || wanted.split(",").includes(name));
    console.log(
      "layout                      insert µs  merge µs  bytes/span  trace ms  service+attribute ms  rare value ms  RED ms",
    );
    for (const name of names) await measure(store, name, LAYOUTS[name], blocks);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function spanBlocks(total) {
  const stepNanos = BigInt(Math.floor((86_400e9 * 8.6) / total));
  const shop = new ShopTraces({ seed: 7, startUnixNano: BigInt(Date.parse("2026-11-26")) * 1_000_000n, stepNanos });
  const transcoder = new SpansTranscoder();
  const blocks = [];
  while (blocks.length * SPANS_PER_BLOCK < total) {
    while (transcoder.rows < SPANS_PER_BLOCK) transcoder.add(payloadOf("traces", Buffer.from(shop.request(512).bytes)));
    blocks.push({ rows: transcoder.rows, bytes: Buffer.concat(nativeBlock(transcoder.columns)) });
    transcoder.reset();
  }
  blocks.target = `(${Object.keys(transcoder.columns)
    .map((column) => `\`${column}\``)
    .join(", ")})`;
  return blocks;
}

async function measure(store, name, statement, blocks) {
  const { client } = store;
  await client.command("DROP TABLE IF EXISTS spans SYNC");
  await client.command(statement.replace("otel_traces", "spans"));
  // Nothing is merged but by OPTIMIZE, and once.
  await client.command("ALTER TABLE spans MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1");
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const cpuOf = async (task) => {
    const before = cpuMicros(store.health.enginePid);
    await task();
    return (cpuMicros(store.health.enginePid) - before) / rows;
  };
  const insert = await cpuOf(async () => {
    for (const [i, { bytes }] of blocks.entries())
      await client.insertNative(`spans ${blocks.target}`, [bytes], `${name} ${i}`);
  });
  const merge = await cpuOf(() => client.command("OPTIMIZE TABLE spans FINAL"));
  const [[bytes]] = await client.rows("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'spans'");
  const answers = await answerTimes(client);
  const cells = [
    insert.toFixed(2).padStart(9),
    merge.toFixed(2).padStart(8),
    (Number(bytes) / rows).toFixed(1).padStart(10),
    answers[0].toFixed(0).padStart(8),
    answers[1].toFixed(0).padStart(20),
    answers[2].toFixed(0).padStart(13),
    answers[3].toFixed(0).padStart(6),
  ];
  console.log([name.padEnd(26), ...cells].join("  "));
}

/** Median milliseconds of: a trace of eight to ten spans, a service's errors, a rare value anywhere, RED of all services. */
async function answerTimes(client) {
  const traces = await client.rows(
    `SELECT TraceId, toStartOfHour(min(Timestamp)), max(Timestamp) FROM spans GROUP BY TraceId HAVING count() BETWEEN 8 AND 10
     ORDER BY cityHash64(TraceId) LIMIT ${REPEATS}`,
  );
  const search = "SELECT TraceId, min(Timestamp) AS first FROM spans WHERE";
  const newest = "GROUP BY TraceId ORDER BY first DESC LIMIT 20";
  const questions = [
    (i) =>
      `SELECT * FROM spans WHERE TraceId = '${traces[i][0]}' AND Timestamp >= '${traces[i][1]}' AND Timestamp <= '${traces[i][2]}'`,
    () =>
      `${search} ServiceName = 'cart' AND SpanAttributes['http.response.status_code'] = '500' AND Duration > 20000000 ${newest}`,
    (i) => `${search} SpanAttributes['user.id'] = 'u${150_000 + i}' ${newest}`,
    () =>
      "SELECT ServiceName, count(), countIf(StatusCode = 'Error'), quantiles(0.5, 0.95, 0.99)(Duration) FROM spans WHERE ParentSpanId = '' OR SpanKind = 'Server' GROUP BY ServiceName",
  ];
  const medians = [];
  for (const question of questions) {
    const times = [];
    for (let i = 0; i < traces.length; i++) {
      const startedAt = performance.now();
      await client.bytes(`${question(i)} SETTINGS use_query_condition_cache = 0 FORMAT Native`);
      times.push(performance.now() - startedAt);
    }
    medians.push(times.sort((a, b) => a - b)[times.length >> 1]);
  }
  return medians;
}
