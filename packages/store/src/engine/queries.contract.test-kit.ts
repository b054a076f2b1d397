/** What comes back of a query by the store's own requests. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { EngineClient } from "./engine-client.ts";
import type { EngineEndpoint } from "./engine-endpoint.ts";
import { EngineError } from "./engine-error.ts";

export function queriesContract(endpoint: () => EngineEndpoint): void {
  let client: EngineClient;

  beforeAll(() => {
    client = new EngineClient(endpoint());
  });
  afterAll(() => client.close());

  test.each([
    ["plain", "text"],
    ["quotes and backslashes", `it's "quoted" \\ and \\n`],
    ["tabs and line ends", "a\tb\nc\r\u2028"],
    ["other scripts and what a URL means", "häß 漢字 🧶 &a=b+c%20#"],
    ["nothing", ""],
    ["NUL", "a\0b"],
    ["what NULL looks like", "\\N"],
    ["SQL", "'; DROP TABLE things; --"],
  ])("a text of %s is asked for and comes back as it is, alone and in a list", async (_name, text) => {
    const parameters = { text, list: [text, "x", text] };
    expect(await client.rows("SELECT {text:String}, {list:Array(String)}", parameters)).toEqual([
      [text, [text, "x", text]],
    ]);
  });

  test("numbers are what their type says; those of 64 bits come as text, and maps as pairs", async () => {
    const query = "SELECT {n:UInt64} + 1, {small:Int32}, {list:Array(UInt8)}, map('a', 1, 'a', 2), nan";
    const parameters = { n: 9_007_199_254_740_993n, small: -5, list: [1, 2] };
    expect(await client.rows(query, parameters)).toEqual([
      [
        "9007199254740994",
        -5,
        [1, 2],
        [
          ["a", 1],
          ["a", 2],
        ],
        "nan",
      ],
    ]);
  });

  test("no rows, one, and many in many pieces", async () => {
    expect(await client.rows("SELECT 1 WHERE 0")).toEqual([]);
    expect(await client.rows("SELECT 'a\\nb'")).toEqual([["a\nb"]]);
    const rows = await client.rows<readonly [string]>("SELECT number FROM numbers(300000)");
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 300_000 }, (_unused, i) => i));
  });

  test("bytes come as the query's own FORMAT says", async () => {
    expect((await client.bytes("SELECT 1, 'x' FORMAT TSV")).toString()).toBe("1\tx\n");
  });

  test("what is refused has ClickHouse's code, type and text", async () => {
    const refused = client.rows("SELECT no_such_column");
    await expect(refused).rejects.toBeInstanceOf(EngineError);
    await expect(refused).rejects.toMatchObject({
      code: "47",
      type: "UNKNOWN_IDENTIFIER",
      message: expect.stringContaining("no_such_column"),
    });
  });

  test("an error behind rows that were sent already is no shorter answer", async () => {
    const query = "SELECT number, throwIf(number = 250000, 'in the middle') FROM numbers(300000)";
    const settings = "SETTINGS max_block_size = 1000, max_threads = 1";
    const refused = { code: "395", message: expect.stringContaining("in the middle") };
    await expect(client.rows(`${query} ${settings}`)).rejects.toMatchObject(refused);
    await expect(client.bytes(`${query} ${settings} FORMAT RowBinary`)).rejects.toMatchObject(refused);
  });

  test("what looks like such an error, but is data, is data", async () => {
    const text = "\r\n__exception__\r\nabc\r\nCode: 1. DB::Exception: x. (ABC)\n5 abc\r\n__exception__\r\n";
    expect((await client.bytes("SELECT {text:String} FORMAT RawBLOB", { text })).toString()).toBe(text);
  });

  test("a query that nobody waits for ends at once, and its connection serves others", async () => {
    const wanted = new AbortController();
    const query = "SELECT sum(sleepEachRow(0.05)) FROM numbers(400) SETTINGS max_block_size = 1";
    const startedAt = performance.now();
    const abandoned = client.rows(query, {}, wanted.signal);
    setTimeout(() => wanted.abort(), 100);
    await expect(abandoned).rejects.toThrow("aborted");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await client.rows("SELECT toUInt8(1)")).toEqual([[1]]);
  });
}
