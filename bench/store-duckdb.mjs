/** The same spans and log records in DuckDB, asked the same in its SQL: bytes of its file, median and CPU of an answer. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

const HOUR_NANOS = 3_600_000_000_000n;
const REPEATS = 5;
const TABLES = { spans: "otel_traces", logs: "otel_logs" };

/** `questions` are `[name, (i) => SQL]`; `window` is what of the store is copied, hour by hour. */
export async function askDuckdb(store, window, questions) {
  const directory = mkdtempSync(join(tmpdir(), "clew-duckdb-"));
  const file = join(directory, "shop.duckdb");
  const instance = await DuckDBInstance.create(file, { threads: "2" });
  try {
    const connection = await instance.connect();
    for (const [name, table] of Object.entries(TABLES)) {
      const before = sizeOf(file);
      const rows = await copy(store, connection, { name, table, window, parquet: join(directory, "hour.parquet") });
      await connection.run("CHECKPOINT");
      console.log(`DuckDB: ${((sizeOf(file) - before) / rows).toFixed(1)} bytes a row of ${rows} ${name}`);
    }
    console.log("\nquestion, in DuckDB                         p50 ms  CPU ms  found");
    for (const [name, sql] of questions) await ask(connection, name, sql);
    connection.closeSync();
  } finally {
    instance.closeSync();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** In the order in which they came, as a store that knows nothing of their hours would have them. */
async function copy(store, connection, { name, table, window, parquet }) {
  let rows = 0;
  for (let from = window.startUnixNano; from < window.endUnixNano; from += HOUR_NANOS) {
    const until = from + HOUR_NANOS < window.endUnixNano ? from + HOUR_NANOS : window.endUnixNano;
    const bytes = await store.client.bytes(
      `SELECT * FROM ${table} WHERE Timestamp >= fromUnixTimestamp64Nano(toInt64(${from})) AND Timestamp < fromUnixTimestamp64Nano(toInt64(${until}))
       ORDER BY Timestamp FORMAT Parquet SETTINGS output_format_parquet_string_as_string = 1, output_format_parquet_compression_method = 'lz4'`,
    );
    writeFileSync(parquet, bytes);
    const source = `read_parquet('${parquet}')`;
    await connection.run(
      rows === 0 ? `CREATE TABLE ${name} AS SELECT * FROM ${source}` : `INSERT INTO ${name} SELECT * FROM ${source}`,
    );
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${name}`);
    rows = Number(counted.getRows()[0][0]);
  }
  return rows;
}

async function ask(connection, name, sql) {
  const times = [];
  const before = process.cpuUsage();
  let found = 0;
  for (let i = 0; i < REPEATS; i++) {
    const startedAt = performance.now();
    found = (await connection.runAndReadAll(sql(i))).getRows().length;
    times.push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(before);
  const median = times.sort((a, b) => a - b)[REPEATS >> 1];
  const cells = [median.toFixed(0).padStart(6), ((user + system) / 1_000 / REPEATS).toFixed(0).padStart(6)];
  console.log([name.padEnd(42), ...cells, String(found).padStart(5)].join("  "));
}

function sizeOf(file) {
  return statSync(file).size;
}
