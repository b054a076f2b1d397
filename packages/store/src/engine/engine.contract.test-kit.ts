/** What the store and other people's clients need of an engine, through ClickHouse's own client. */
import { Readable } from "node:stream";
import { createClient, type ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nativeBlock } from "../block/native-block.ts";
import { FixedColumn, LowCardinalityColumn, type Column } from "../block/columns.ts";
import { DictionaryMapColumn, MapColumn } from "../block/map-columns.ts";
import { EngineClient } from "./engine-client.ts";
import { credentialHeaders, type EngineEndpoint } from "./engine-endpoint.ts";
import { queriesContract } from "./queries.contract.test-kit.ts";

export interface EngineUnderTest {
  readonly endpoint: EngineEndpoint;
  stop(): Promise<void>;
}

export function engineContract(name: string, start: () => Promise<EngineUnderTest>): void {
  describe(`An engine: ${name}`, () => {
    let engine: EngineUnderTest;
    let client: ClickHouseClient;

    beforeAll(async () => {
      engine = await start();
      client = clientOf(engine.endpoint);
      await client.command({ query: "CREATE TABLE things (n UInt32, name String) ENGINE = MergeTree ORDER BY n" });
    });

    afterAll(async () => {
      await client.close();
      await engine.stop();
    });

    async function rowsOf(query: string, query_params: Record<string, unknown> = {}): Promise<unknown[]> {
      const result = await client.query({ query, query_params, format: "JSONCompactEachRow" });
      return result.json();
    }

    test.each([
      ["plain", "text"],
      ["quotes and backslashes", `it's "quoted" \\ and \\n`],
      ["tabs and line ends", "a\tb\nc\r"],
      ["other scripts", "häß 漢字 🧶"],
      ["nothing", ""],
      ["SQL", "'; DROP TABLE things; --"],
    ])("a text parameter of %s comes back as it is", async (_name, text) => {
      expect(await rowsOf("SELECT {text:String}", { text })).toEqual([[text]]);
    });

    test("parameters of other types, and lists, are what their type says", async () => {
      expect(
        await rowsOf("SELECT {n:UInt64} + 1, {list:Array(String)}, {flag:Bool}", {
          n: 41,
          list: ["a'b", "c\\d", "e\tf"],
          flag: true,
        }),
      ).toEqual([[expect.anything(), ["a'b", "c\\d", "e\tf"], true]]);
    });

    test("a setting holds for its query and not for the next", async () => {
      const query = "SELECT getSetting('max_block_size')";
      const usual = await rowsOf(query);
      const result = await client.query({
        query,
        format: "JSONCompactEachRow",
        clickhouse_settings: { max_block_size: "77" },
      });
      expect((await result.json()).flat().map(Number)).toEqual([77]);
      expect(await rowsOf(query)).toEqual(usual);
    });

    test("a setting that nobody knows is refused, and leaves none of its neighbours behind", async () => {
      const query = "SELECT getSetting('max_block_size')";
      const usual = await rowsOf(query);
      const settings: Record<string, string> = { max_block_size: "77", no_such_setting: "1" };
      await expect(client.query({ query, clickhouse_settings: settings })).rejects.toMatchObject({ code: "115" });
      for (let i = 0; i < 8; i++) expect(await rowsOf(query)).toEqual(usual);
    });

    test("a statement that takes longer than a connection may be idle is not cut off", async () => {
      const ours = new EngineClient(engine.endpoint);
      await ours.command("SELECT 1");
      await ours.command("SELECT sleep(3)");
      await ours.close();
    });

    test("rows are inserted from JSON", async () => {
      const values = [
        { n: 1, name: "one" },
        { n: 2, name: "it's\ntwo" },
      ];
      await client.insert({ table: "things", values, format: "JSONEachRow" });
      expect(await rowsOf("SELECT * FROM things ORDER BY n")).toEqual([
        [1, "one"],
        [2, "it's\ntwo"],
      ]);
    });

    test("rows are inserted from a Native block, and columns are told by name", async () => {
      const n = new FixedColumn("UInt32", 4);
      for (const value of [10, 11]) n.values.u32(value);
      await insertNative("things (n)", { n });
      expect(await rowsOf("SELECT * FROM things WHERE n >= 10 ORDER BY n")).toEqual([
        [10, ""],
        [11, ""],
      ]);
    });

    test.each([
      ["wide", new MapColumn()],
      ["narrow", new DictionaryMapColumn()],
    ])("a dictionary of many texts and maps that repeat arrive whole (%s)", async (table, m) => {
      await client.command({ query: `CREATE TABLE ${table} (t LowCardinality(String), m ${m.type}) ENGINE = Memory` });
      const t = new LowCardinalityColumn();
      const texts = Array.from({ length: 3_000 }, (_unused, i) =>
        i % 3 === 0 ? "" : `text ${i % 1_000} ${"x".repeat(i % 200)}`,
      );
      for (const text of texts) {
        t.addText(text);
        m.keys.addText("key");
        m.values.addText(text);
        if (text !== "") {
          m.keys.addEmpty();
          m.values.addEmpty();
        }
        m.endRow();
      }
      t.repeat(1);
      m.repeat(1);
      await insertNative(`${table} (t, m)`, { t, m });
      const last = texts.at(-1) ?? "";
      const rows = await rowsOf(`SELECT t, CAST(m AS Array(Tuple(String, String))) FROM ${table}`);
      expect(rows).toEqual(
        [...texts, last].map((text) => [
          text,
          text === ""
            ? [["key", ""]]
            : [
                ["key", text],
                ["", ""],
              ],
        ]),
      );
    });

    async function insertNative(target: string, columns: Readonly<Record<string, Column>>): Promise<void> {
      const values = Readable.from(nativeBlock(columns));
      const { stream } = await client.exec({ query: `INSERT INTO ${target} FORMAT Native`, values });
      stream.resume();
    }

    test.each([
      ["a table that is not there", "SELECT * FROM nothing", "60"],
      ["bad syntax", "SELEKT 1", "62"],
      ["an unknown column", "SELECT no_such_column FROM things", "47"],
      [
        "a query that takes too long",
        "SELECT sleepEachRow(0.05) FROM numbers(100) SETTINGS max_execution_time = 0.2, max_block_size = 1",
        "159",
      ],
    ])("%s is refused with ClickHouse's code", async (_name, query, code) => {
      await expect(rowsOf(query)).rejects.toMatchObject({ code });
    });

    queriesContract(() => engine.endpoint);

    test("inserts do not wait for queries, however many are slow", async () => {
      const order: string[] = [];
      const slow = Array.from({ length: 6 }, async () => {
        await rowsOf("SELECT sleepEachRow(0.1) FROM numbers(8) SETTINGS max_block_size = 1");
        order.push("query");
      });
      await client.insert({ table: "things", values: [{ n: 100, name: "quick" }], format: "JSONEachRow" });
      order.push("insert");
      await Promise.all(slow);
      expect(order[0]).toBe("insert");
    });
  });
}

/** ClickHouse's own client, as somebody else would make it. */
export function clientOf({ agent, ...endpoint }: EngineEndpoint): ClickHouseClient {
  return createClient({
    url: endpoint.url,
    database: endpoint.database,
    http_headers: credentialHeaders(endpoint),
    set_basic_auth_header: false,
    // Its connections are the engine's own as well.
    keep_alive: { enabled: true, idle_socket_ttl: 0 },
    log: { level: 127 },
    ...(agent === undefined ? {} : { http_agent: agent }),
  });
}
