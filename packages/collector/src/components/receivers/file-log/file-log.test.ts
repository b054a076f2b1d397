import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { deferred, until } from "../../../collector.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import { FileLog, memoryStorage, problemsOf } from "./file-log.test-kit.ts";

test("reads lines as they are added, and waits for the end of a line", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "one\r\ntwo\n\nthr");
  await logs.start();
  expect(logs.bodies).toEqual(["one", "two", ""]);
  expect(logs.attributes[0]).toEqual({ "log.file.name": "a.log" });
  expect(logs.records[0]?.observedTimeUnixNano).toBe(0n);
  appendFileSync(logs.path("a.log"), "ee\nfour\n");
  await logs.poll();
  expect(logs.bodies.slice(3)).toEqual(["three", "four"]);
});

test("hands on an unfinished line once nothing was added for force_flush_period", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "unfinished");
  await logs.start();
  await logs.poll(400);
  expect(logs.bodies).toEqual([]);
  await logs.poll(200);
  expect(logs.bodies).toEqual(["unfinished"]);
});

test("reads only what is new of files that are there at the start, unless start_at says beginning", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "old\n");
  await logs.start({ start_at: "end" });
  appendFileSync(logs.path("a.log"), "new\n");
  writeFileSync(logs.path("b.log"), "b\n");
  await logs.poll();
  expect(logs.sortedBodies).toEqual(["b", "new"]);
});

test("finds files by patterns, without those that are excluded", async () => {
  const logs = new FileLog();
  mkdirSync(logs.path("x/y"), { recursive: true });
  for (const name of ["a.log", "x/b.log", "x/y/c.log", "x/y/d.txt", "x/y/e.gz"])
    writeFileSync(logs.path(name), `${name}\n`);
  await logs.start({ include: [logs.path("**/*.{log,txt}")], exclude: [logs.path("x/*.log")] });
  expect(logs.sortedBodies).toEqual(["a.log", "x/y/c.log", "x/y/d.txt"]);
});

test("follows a file that is renamed, and begins the new one", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "one\n");
  await logs.start();
  appendFileSync(logs.path("a.log"), "two\n");
  renameSync(logs.path("a.log"), logs.path("a.log.1"));
  writeFileSync(logs.path("a.log"), "three\n");
  await logs.poll();
  expect(logs.sortedBodies).toEqual(["one", "three", "two"]);
  await logs.poll();
  expect(logs.bodies).toHaveLength(3);
});

test("does not read a file again that is renamed within the patterns", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "one\n");
  await logs.start();
  renameSync(logs.path("a.log"), logs.path("b.log"));
  appendFileSync(logs.path("b.log"), "two\n");
  writeFileSync(logs.path("a.log"), "other\n");
  await logs.poll();
  expect(logs.sortedBodies).toEqual(["one", "other", "two"]);
});

test("begins again when a file was copied and truncated", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "first line\nsecond line\n");
  await logs.start();
  copyFileSync(logs.path("a.log"), logs.path("a.log.1"));
  truncateSync(logs.path("a.log"));
  appendFileSync(logs.path("a.log"), "after\n");
  await logs.poll();
  expect(logs.bodies).toEqual(["first line", "second line", "after"]);
});

test("reads a known file that became shorter as on_truncate says", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "aaaaaaaaaaaaaaaa\nb\n");
  await logs.start({ on_truncate: "read_whole_file", fingerprint_size: 16 });
  writeFileSync(logs.path("a.log"), "aaaaaaaaaaaaaaaa\n");
  await logs.poll();
  expect(logs.bodies).toEqual(["aaaaaaaaaaaaaaaa", "b", "aaaaaaaaaaaaaaaa"]);
});

test("tells files apart of which one begins like the other", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "same\n");
  await logs.start();
  writeFileSync(logs.path("b.log"), "same\nmore\n");
  await logs.poll();
  expect(logs.bodies).toEqual(["same", "same", "more"]);
});

test("puts lines together by the pattern that begins a record", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "2024 boom ü\n  at x\n  at y\n2024 ok\n");
  await logs.start({ multiline: { line_start_pattern: "^\\d{4}" } });
  expect(logs.bodies).toEqual(["2024 boom ü\n  at x\n  at y"]);
  await logs.poll(600);
  expect(logs.bodies.slice(1)).toEqual(["2024 ok"]);
});

test("cuts records after the pattern that ends them, with or without it", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "one;\ntwo;three");
  await logs.start({ multiline: { line_end_pattern: ";", omit_pattern: true } });
  expect(logs.bodies).toEqual(["one", "two"]);
});

test.each([
  ["split", ["0123", "4567", "89", "ab"]],
  ["truncate", ["0123", "ab"]],
])("a line longer than max_log_size is handled by %s", async (behavior, bodies) => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "0123456789\nab\n");
  await logs.start({ max_log_size: 4, max_log_size_behavior: behavior });
  expect(logs.bodies).toEqual(bodies);
});

test("reads other encodings, and replaces what is no text", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), Buffer.from("ü\nĊ\n", "utf16le"));
  await logs.start({ encoding: "utf-16le" });
  expect(logs.bodies).toEqual(["ü", "Ċ"]);
  const broken = new FileLog();
  writeFileSync(broken.path("a.log"), Buffer.from([0x61, 0xff, 0x62, 0x0a]));
  await broken.start();
  expect(broken.bodies).toEqual(["a\ufffdb"]);
});

test("reads gzip files, each once", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), gzipSync("one\ntwo"));
  writeFileSync(logs.path("b.log"), "plain\n");
  await logs.start({ compression: "auto" });
  await logs.poll();
  expect(logs.sortedBodies).toEqual(["one", "plain", "two"]);
});

test.each([
  ["split", ["0123", "4567", "89", "ab"]],
  ["truncate", ["0123", "ab"]],
])("a line of a gzip file longer than max_log_size is handled by %s", async (behavior, bodies) => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), gzipSync("0123456789\nab\n"));
  await logs.start({ compression: "gzip", max_log_size: 4, max_log_size_behavior: behavior });
  expect(logs.bodies).toEqual(bodies);
});

test("deletes files once they were taken", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "one\n");
  await logs.start({ delete_after_read: true });
  await logs.poll();
  expect(logs.bodies).toEqual(["one"]);
  expect(existsSync(logs.path("a.log"))).toBe(false);
});

test("tells where a record stands", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("real"), "one\ntwo\n", { mode: 0o640 });
  symlinkSync(logs.path("real"), logs.path("a.log"));
  await logs.start({
    include_file_path: true,
    include_file_name_resolved: true,
    include_file_permissions: true,
    include_file_record_number: true,
    include_file_record_offset: true,
    attributes: { kind: "test", up: "EXPR(upper(body))" },
    resource: { host: "h" },
  });
  expect(logs.attributes[1]).toEqual({
    "log.file.name": "a.log",
    "log.file.path": logs.path("a.log"),
    "log.file.name_resolved": "real",
    "log.file.permissions": "640",
    "log.file.record_number": 2n,
    "log.file.record_offset": 4n,
    kind: "test",
    up: "TWO",
  });
  expect(logs.resourceLogs[0]?.resource?.attributes).toEqual([{ key: "host", value: { stringValue: "h" } }]);
});

test("reads the header of a file into the attributes of its records", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), "# env=prod\n# zone=z\none\n# not any more\n");
  await logs.start({
    header: { pattern: "^#", metadata_operators: [{ type: "regex_parser", regex: "(?P<key>\\w+)=(?P<value>\\w+)" }] },
  });
  expect(logs.bodies).toEqual(["one", "# not any more"]);
  expect(logs.attributes[0]).toEqual({ "log.file.name": "a.log", key: "zone", value: "z" });
});

test("reads only the first files of an order", async () => {
  const logs = new FileLog();
  for (const day of ["2024-01-02", "2024-01-10", "2023-12-31"]) writeFileSync(logs.path(`x.${day}.log`), `${day}\n`);
  await logs.start({
    ordering_criteria: {
      regex: "\\.(?P<day>\\d{4}-\\d{2}-\\d{2})\\.log$",
      top_n: 2,
      sort_by: [{ sort_type: "timestamp", regex_key: "day", format: "%Y-%m-%d", ascending: false }],
    },
  });
  expect(logs.sortedBodies).toEqual(["2024-01-02", "2024-01-10"]);
});

test("goes on where it was after a restart, and reads again what was not taken", async () => {
  const storage = memoryStorage();
  const logs = new FileLog({ file_storage: storage });
  writeFileSync(logs.path("a.log"), "one\n");
  await logs.start({ storage: "file_storage" });
  await logs.poll();
  logs.answer = () => Promise.reject(new ConsumeError("QUEUE_FULL", "sending queue is full", { permanent: false }));
  appendFileSync(logs.path("a.log"), "two\n");
  await logs.poll();
  expect(logs.kit.lines.join("\n")).toContain("ConsumeLogs() failed. Will retry.");
  await logs.stop();
  logs.answer = () => Promise.resolve();
  await logs.start({ storage: "file_storage" });
  expect(logs.bodies).toEqual(["one", "two"]);
  await logs.stop();
  await logs.start({ storage: "file_storage" });
  expect(logs.bodies).toEqual(["one", "two"]);
});

test("a kill while records are on their way loses none of them", async () => {
  const storage = memoryStorage();
  const logs = new FileLog({ file_storage: storage });
  const taken = deferred();
  logs.answer = () => taken.promise;
  writeFileSync(logs.path("a.log"), "one\n");
  await logs.start({ storage: "file_storage" });
  await logs.poll();
  // A second receiver finds what the first one would have left behind.
  const after = new FileLog({ file_storage: storage });
  await after.start({ include: [logs.path("*.log")], storage: "file_storage" });
  expect(after.bodies).toEqual(["one"]);
  taken.resolve();
});

test("sends again what was refused for now, and drops what was refused for good", async () => {
  const logs = new FileLog();
  let refusals = 2;
  logs.answer = () =>
    refusals-- > 0
      ? Promise.reject(new ConsumeError("QUEUE_FULL", "sending queue is full", { permanent: false }))
      : Promise.resolve();
  writeFileSync(logs.path("a.log"), "one\n");
  await logs.start();
  await logs.poll(3_000);
  await until(() => logs.payloads.length === 1);
  logs.answer = () => Promise.reject(new ConsumeError("EXPORT_FAILED", "no", { permanent: true }));
  appendFileSync(logs.path("a.log"), "two\n");
  await logs.poll();
  expect(logs.kit.lines.join("\n")).toContain("ConsumeLogs() failed. Dropping data.");
});

test("an entry that OTLP cannot hold is told and dropped, and takes no other with it", async () => {
  const logs = new FileLog();
  writeFileSync(logs.path("a.log"), `{"a":1}\n${'{"a":'.repeat(300)}1${"}".repeat(300)}\n{"a":2}\n`);
  await logs.start({ operators: [{ type: "json_parser" }] });
  expect(logs.attributes.map(({ a }) => a)).toEqual([1, 2]);
  expect(logs.kit.lines.join("\n")).toContain("Entry cannot be sent. Dropping data.");
});

test.each([
  [{}, "required argument `include` is empty"],
  [{ include: ["x"], start_at: "middle" }, 'expected one of "beginning", "end", got "middle"'],
  [{ include: ["x"], fingerprint_size: 3 }, "'fingerprint_size' must be at least 16 bytes"],
  [{ include: ["x"], delete_after_read: true }, "'delete_after_read' cannot be used with 'start_at: end'"],
  [{ include: ["x"], encoding: "klingon" }, "unsupported encoding 'klingon'"],
  [
    { include: ["x"], multiline: { line_start_pattern: "a", line_end_pattern: "b" } },
    "only one of line_start_pattern or line_end_pattern can be set",
  ],
  [{ include: ["x"], operators: [{ type: "json_praser" }] }, 'unsupported operator type "json_praser"'],
  [{ include: ["x"], operators: [{ type: "noop" }, { type: "noop" }] }, 'operator id "noop" is used more than once'],
  [
    { include: ["x"], operators: [{ type: "noop", output: "nowhere" }] },
    "operator 'noop': could not find the output operator 'nowhere'",
  ],
  [
    {
      include: ["x"],
      operators: [
        { type: "noop", id: "a", output: "b" },
        { type: "noop", id: "b", output: "a" },
      ],
    },
    "operators form a cycle through 'a'",
  ],
  [
    { include: ["x"], operators: [{ type: "regex_parser", regex: "x" }] },
    "no named capture groups in regex pattern; use named capture groups like '(?P<my_key>.*)'",
  ],
  [
    { include: ["x"], operators: [{ type: "noop", if: "body ==" }] },
    expect.stringContaining("failed to compile expression 'body =='"),
  ],
])("%j is refused", (config, what) => {
  expect(problemsOf(config)).toContainEqual(what);
});
