/** Older formats, newer ones, and migrations that are cut short or run twice at once. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, type Clock } from "@clew/base";
import { afterAll, expect, test } from "vitest";
import { EngineClient } from "../engine/engine-client.ts";
import { openStore, startEmbedded, temporaryDirectory } from "../running-store.test-kit.ts";
import { MetricReader } from "../read/metric-reader.ts";
import { OverviewReader } from "../read/overview-reader.ts";
import { TraceReader } from "../read/trace-reader.ts";
import { FixedColumn, LowCardinalityColumn, StringColumn, type Column } from "../block/columns.ts";
import { MapColumn } from "../block/map-columns.ts";
import { nativeBlock } from "../block/native-block.ts";
import { Spool, type SpoolBlock } from "../spool/spool.ts";
import { VALUE_TYPE } from "../transcode/points/number-columns.ts";
import { snapshotBeforeMigration } from "../directory-format.ts";
import { migrate, type FormatRecord } from "./migrate.ts";
import { FORMAT, insertStatement, MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";

const directories: { remove(): void }[] = [];

afterAll(() => {
  for (const directory of directories) directory.remove();
});

function newDirectory(): string {
  const directory = temporaryDirectory();
  directories.push(directory);
  return directory.path;
}

/** A directory as format 1 left it: the tables of then in `default`, and no word of a format. */
async function directoryOfFormat1(): Promise<string> {
  const directory = newDirectory();
  const first = await openStore({ directory });
  const { client } = first.store;
  const statements = readFileSync(new URL("format-1.test-kit.sql", import.meta.url), "utf8").split(";\n");
  for (const statement of [...statements.filter((one) => one.trim() !== ""), ...ROWS_OF_FORMAT_1])
    await client.command(statement);
  await client.command("DROP DATABASE clew SYNC");
  await first.store.close();
  rmSync(join(directory, "format"));
  return directory;
}

const ROWS_OF_FORMAT_1 = [
  "INSERT INTO default.otel_logs (Body) VALUES ('old')",
  `INSERT INTO default.otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, SpanAttributes, SpanAttributesTypes, Duration)
   VALUES ('2026-11-01 10:20:00.5', 'aa', '01', 'GET /', 'Server', 'shop', map('b', '1', 'a', '2'), 'is', 1000000000),
          ('2026-11-01 11:20:00.5', 'aa', '02', 'query', 'Client', 'shop', map(), '', 1000)`,
  `INSERT INTO default.metric_series (Day, Fingerprint, MetricName, PrometheusName, MetricType, Labels)
   VALUES ('2026-11-01', 7, 'size', 'size', 'gauge', map('job', 'shop'))`,
  `INSERT INTO default.metric_samples (Fingerprint, Timestamp, Value, IntValue, ValueType)
   VALUES (7, '2026-11-01 10:20:00', 5, 5, 2), (7, '2026-11-01 10:20:15', 2.5, 0, 1)`,
];

async function tablesOf(client: EngineClient, database: string): Promise<(readonly [string])[]> {
  return client.rows(
    "SELECT name FROM system.tables WHERE database = {database:String} AND (name IN ('otel_traces', 'otel_logs') OR startsWith(name, 'metric_')) ORDER BY name",
    { database },
  );
}

/** Through the readers, which know only the present layout. */
async function expectRowsOfFormat1(client: EngineClient): Promise<void> {
  const [trace] = await new TraceReader(client).traces(["aa"]);
  const spans = trace?.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)) ?? [];
  expect(spans.map(({ name }) => name).toSorted()).toEqual(["GET /", "query"]);
  expect(spans.find(({ name }) => name === "GET /")?.attributes).toEqual([
    { key: "b", value: { intValue: "1" } },
    { key: "a", value: { stringValue: "2" } },
  ]);
  const day = {
    startUnixNano: BigInt(Date.parse("2026-11-01")) * 1_000_000n,
    endUnixNano: BigInt(Date.parse("2026-11-02")) * 1_000_000n,
  };
  expect(await new OverviewReader(client).services(day)).toContainEqual(
    expect.objectContaining({ service: "shop", spans: 2, requests: 2 }),
  );
  const metrics = new MetricReader(client);
  const window = { startMs: Date.parse("2026-11-01"), endMs: Date.parse("2026-11-02") };
  const series = await metrics.series([{ name: "__name__", operator: "=", value: "size" }], window);
  const points = await metrics.numbers(series, { ...window, hasStarts: true }, 100);
  expect([...points.values]).toEqual([5, 2.5]);
}

test("formats are numbered without gaps", () => {
  expect(MIGRATIONS.map(({ format }) => format)).toEqual(MIGRATIONS.map((_one, i) => i + 2));
});

test("an older directory is kept as it is in a snapshot, and migrated; a crash in the middle changes nothing of that", async () => {
  const directory = await directoryOfFormat1();
  // As if a program had been killed after the first statement of the migration, and another one while it took the snapshot.
  mkdirSync(join(directory, "snapshots", "format-1.partial"), { recursive: true });
  const half = await startEmbedded({ directory: join(directory, "engine") });
  const client = new EngineClient(half.endpoint);
  await client.command(MIGRATIONS[0]?.statements[0] ?? "");
  await client.close();
  await half.stop();

  const opened = await openStore({ directory });
  expect(await opened.store.client.rows("SELECT Body FROM otel_logs")).toEqual([["old"]]);
  await expectRowsOfFormat1(opened.store.client);
  expect(await tablesOf(opened.store.client, "default")).toEqual([]);
  expect(opened.reports.join("\n")).toContain(join(directory, "snapshots", "format-1"));
  await opened.store.client.command("INSERT INTO otel_logs (Body) VALUES ('new')");
  await opened.store.client.command("OPTIMIZE TABLE otel_logs FINAL");
  await opened.store.close();
  expect(readFileSync(join(directory, "format"), "utf8")).toBe(`${FORMAT}\n`);

  const restored = newDirectory();
  execFileSync("cp", ["-a", `${join(directory, "snapshots", "format-1")}/.`, restored]);
  expect(readFileSync(join(restored, "format"), "utf8")).toBe("1\n");
  const before = await openStore({ directory: restored });
  expect(await before.store.client.rows("SELECT Body FROM otel_logs")).toEqual([["old"]]);
  await before.store.close();
});

/** Two numbers as format 1 put them into the spool, an integer in both of its columns; and an exemplar. */
function numbersOfFormat1(): readonly SpoolBlock[] {
  const shared = {
    Fingerprint: fixed("UInt64", 7n, 7n),
    Timestamp: fixed("DateTime64(9)", nanosAt("10:30:00"), nanosAt("10:31:00")),
    Value: fixed("Float64", doubleBits(6), doubleBits(3.5)),
    IntValue: fixed("Int64", 6n, 0n),
    ValueType: new FixedColumn("UInt8", 1),
  };
  shared.ValueType.values.u8(VALUE_TYPE.int);
  shared.ValueType.values.u8(VALUE_TYPE.double);
  const samples = { ...shared, StartTimestamp: fixed("DateTime64(9)", 0n, 0n) };
  const [ids, types, attributes] = [new StringColumn(), new LowCardinalityColumn(), new MapColumn()];
  for (let row = 0; row < 2; row++) {
    ids.addText("ab");
    types.addEmpty();
    attributes.endRow();
  }
  const exemplars = {
    ...shared,
    PointTimestamp: shared.Timestamp,
    TraceId: ids,
    SpanId: ids,
    FilteredAttributes: attributes,
    FilteredAttributesTypes: types,
  };
  return [blockOf("metric_samples", samples), blockOf("metric_exemplars", exemplars)];
}

function blockOf(table: string, columns: Readonly<Record<string, Column>>): SpoolBlock {
  return { target: `${table} (${Object.keys(columns).join(", ")})`, parts: nativeBlock(columns) };
}

function fixed(type: string, ...rows: readonly bigint[]): FixedColumn {
  const column = new FixedColumn(type, 8);
  for (const row of rows) column.values.u64Big(row);
  return column;
}

function doubleBits(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}

function nanosAt(time: string): bigint {
  return BigInt(Date.parse(`2026-11-01T${time}Z`)) * 1_000_000n;
}

/** What format 10 had in the place of what 11 notes of traces. */
const FORMAT_10 = [
  "DROP VIEW otel_traces_trace_places_mv",
  "ALTER TABLE otel_traces DROP COLUMN Has",
  "ALTER TABLE otel_traces_trace_id_ts DROP COLUMN Has",
  `CREATE MATERIALIZED VIEW otel_traces_trace_id_ts_mv TO otel_traces_trace_id_ts AS
   SELECT TraceId, toDateTime(min(Timestamp)) AS Start, toDateTime(max(Timestamp)) AS End, toStartOfHour(Timestamp) AS Hour
   FROM otel_traces WHERE TraceId != '' GROUP BY TraceId, Hour`,
];

test("traces of format 10 are read as if they had anything; what is new is noted, once", async () => {
  const directory = newDirectory();
  const insertSpan = (client: EngineClient, traceId: string): Promise<void> =>
    client.command(
      `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, StatusMessage) VALUES ('2026-11-01 10:20:00', '${traceId}', '01', 'of ${traceId}')`,
    );
  const first = await openStore({ directory });
  for (const statement of FORMAT_10) await first.store.client.command(statement);
  await insertSpan(first.store.client, "aa");
  await first.store.close();
  writeFileSync(join(directory, "format"), "10\n");

  const { store } = await openStore({ directory });
  await insertSpan(store.client, "bb");
  const noted = await store.client.rows("SELECT TraceId, Has FROM otel_traces_trace_id_ts ORDER BY TraceId");
  expect(noted).toEqual([
    ["aa", 255],
    ["bb", 4],
  ]);
  const traces = await new TraceReader(store.client).traces(["aa", "bb"]);
  const messages = traces.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ status }) => status?.message)),
    ),
  );
  expect(messages).toEqual(["of aa", "of bb"]);
  await store.close();
});

test("tables of format 11 merge as many parts at a time from now on as new ones", async () => {
  const directory = newDirectory();
  const settingsOf = async (client: EngineClient): Promise<unknown> =>
    client.rows(
      `SELECT name, extract(create_table_query, 'SETTINGS.*') FROM system.tables
       WHERE database = currentDatabase() AND name IN ('otel_traces', 'otel_logs') ORDER BY name`,
    );
  const first = await openStore({ directory });
  const ofNewTables = await settingsOf(first.store.client);
  for (const table of ["otel_traces", "otel_logs"])
    await first.store.client.command(`ALTER TABLE ${table} MODIFY SETTING merge_selector_base = 8`);
  expect(await settingsOf(first.store.client)).not.toEqual(ofNewTables);
  await first.store.close();
  writeFileSync(join(directory, "format"), "11\n");

  const { store } = await openStore({ directory });
  expect(await settingsOf(store.client)).toEqual(ofNewTables);
  await store.close();
});

test("what an older program left in its spool is stored as well, numbers in the columns that they have now", async () => {
  const directory = await directoryOfFormat1();
  const left = await Spool.open(join(directory, "spool"), 1_000);
  await left.append(numbersOfFormat1());
  const body = new StringColumn();
  body.addText("spooled");
  await left.append([blockOf("otel_logs", { Body: body })]);
  await left.close();

  const { store } = await openStore({ directory });
  await store.flush();
  const rows = await store.client.rows("SELECT DoubleValue, IntValue, Value FROM metric_samples ORDER BY Timestamp");
  expect(rows).toEqual([
    [0, "5", 5],
    [2.5, "0", 2.5],
    [0, "6", 6],
    [3.5, "0", 3.5],
  ]);
  expect(await store.client.rows("SELECT Body FROM otel_logs ORDER BY Body")).toEqual([["old"], ["spooled"]]);
  const window = { startMs: Date.parse("2026-11-01"), endMs: Date.parse("2026-11-02") };
  const metrics = new MetricReader(store.client);
  const series = await metrics.series([{ name: "__name__", operator: "=", value: "size" }], window);
  const { values } = await metrics.numbers(series, { ...window, hasStarts: true }, 100);
  expect([...values]).toEqual([5, 2.5, 6, 3.5]);
  const [exemplars = []] = (await metrics.exemplars(series, window, 100)).values();
  expect(exemplars.map(({ value, traceId }) => [value, traceId])).toEqual([
    [6, "ab"],
    [3.5, "ab"],
  ]);
  expect(store.health.rejectedSegments).toBe(0);
  await store.close();
});

test("an older block that is sent again under its token is there once, and blocks of today are inserted as they are", async () => {
  const { store } = await openStore({ directory: newDirectory() });
  for (const { target, parts } of [...numbersOfFormat1(), ...numbersOfFormat1()])
    await store.client.insert(insertStatement(target), parts, `a token ${target}`);
  expect(await store.client.rows("SELECT count() FROM metric_samples")).toEqual([["2"]]);
  expect(await store.client.rows("SELECT count() FROM metric_exemplars")).toEqual([["2"]]);
  const target = "metric_samples (Fingerprint, DoubleValue)";
  expect(insertStatement(target)).toBe(`INSERT INTO ${target} FORMAT Native`);
  await store.close();
});

test("a snapshot takes hardly any room, and is removed after a week", async () => {
  const directory = await directoryOfFormat1();
  const snapshot = (await snapshotBeforeMigration(directory, 1)) ?? "";
  expect(snapshot).toBe(join(directory, "snapshots", "format-1"));
  const linked = execFileSync("find", [snapshot, "-type", "f", "-name", "*.bin", "-links", "1"]).toString();
  expect(linked).toBe("");
  const opened = await openStore({ directory });
  await opened.store.close();
  expect(existsSync(snapshot)).toBe(true);
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  utimesSync(snapshot, longAgo, longAgo);
  const again = await openStore({ directory });
  await again.store.close();
  expect(existsSync(snapshot)).toBe(false);
});

test("a newer format, and one that is no number, are refused before anything is touched", async () => {
  const directory = newDirectory();
  mkdirSync(join(directory, "engine"), { recursive: true });
  writeFileSync(join(directory, "format"), `${FORMAT + 1}\n`);
  await expect(openStore({ directory })).rejects.toMatchObject({
    code: "STORE_FORMAT_NEWER",
    what: `the data has format ${FORMAT + 1}, and this program knows up to ${FORMAT}`,
  });
  writeFileSync(join(directory, "format"), "seven\n");
  await expect(openStore({ directory })).rejects.toMatchObject({ code: "STORE_FORMAT_UNKNOWN" });
  expect(existsSync(join(directory, "engine", "data"))).toBe(false);
});

test("a step that fails is tried again by the next start, and those before it are not", async () => {
  const ran: string[] = [];
  let failing = true;
  const client = {
    async command(statement: string): Promise<void> {
      ran.push(statement);
      if (failing && statement === "b2") throw new Error("cut short");
    },
  };
  const steps: Migration[] = [
    { format: 2, does: "a", statements: ["a"] },
    { format: 3, does: "b", statements: ["b1", "b2"] },
  ];
  const record = recordOf(1);
  await expect(migrate({ client, record, migrations: steps, tables: ["t"] })).rejects.toThrow("cut short");
  expect(await record.read()).toBe(2);
  failing = false;
  await migrate({ client, record, migrations: steps, tables: ["t"] });
  expect(ran).toEqual(["a", "b1", "b2", "b1", "b2", "t"]);
  await migrate({ client, record, migrations: steps, tables: ["t"] });
  expect(ran.slice(6)).toEqual(["t"]);
});

test("a table that a neighbour is changing is asked again, later each time, and not for ever", async () => {
  const waitedMs: number[] = [];
  const clock: Clock = {
    ...systemClock,
    after(delayMs, task) {
      waitedMs.push(delayMs);
      setImmediate(task);
      return () => {};
    },
  };
  let refusals = 2;
  const client = {
    async command(): Promise<void> {
      if (refusals-- > 0) throw Object.assign(new Error("another ALTER is under way"), { code: "517" });
    },
  };
  const steps: Migration[] = [{ format: 2, does: "a", statements: ["a"] }];
  const record = recordOf(1);
  await migrate({ client, record, clock, migrations: steps, tables: [] });
  expect([waitedMs, await record.read()]).toEqual([[200, 400], 2]);
  refusals = Number.POSITIVE_INFINITY;
  await expect(migrate({ client, record: recordOf(1), clock, migrations: steps, tables: [] })).rejects.toThrow(
    "under way",
  );
  expect(waitedMs.length).toBe(7);
});

function recordOf(format: number | undefined): FormatRecord {
  let now = format;
  return { read: async () => now, write: async (next) => void (now = next) };
}
