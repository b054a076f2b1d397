import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { FileLog, plainMap } from "./file-log.test-kit.ts";

interface Outcome {
  readonly body: unknown;
  readonly attributes: Record<string, unknown>;
  readonly record: FileLog["records"][number];
}

/** What operators make of lines. */
async function run(lines: readonly string[], operators: readonly object[]): Promise<Outcome[]> {
  const logs = new FileLog();
  logs.clock.advance(Date.UTC(2024, 6, 1));
  writeFileSync(logs.path("a.log"), lines.map((line) => `${line}\n`).join(""));
  await logs.start({ include_file_name: false, operators });
  return logs.records.map((record, i) => ({ record, body: logs.bodies[i], attributes: plainMap(record.attributes) }));
}

async function runOne(line: string, ...operators: object[]): Promise<Outcome> {
  const [outcome] = await run([line], operators);
  if (outcome === undefined) throw new Error("nothing came out");
  return outcome;
}

describe("parsers", () => {
  test.each([
    ["json_parser", '{"a":1,"b":{"c":"d"},"__proto__":"x"}', {}, { a: 1, b: { c: "d" }, ["__proto__"]: "x" }],
    [
      "json_parser",
      '{"a":9007199254740993,"b":1.5,"c":"1"}',
      { parse_ints: true },
      { a: 9007199254740993n, b: 1.5, c: "1" },
    ],
    [
      "regex_parser",
      "GET /x 200",
      { regex: "^(?P<method>\\w+) (?P<path>\\S+) (?P<code>\\d+)" },
      { method: "GET", path: "/x", code: "200" },
    ],
    ["csv_parser", 'a,"b ""c"", d",', { header: "x,y,z" }, { x: "a", y: 'b "c", d', z: "" }],
    ["csv_parser", "a\tb", { header: "x,y", delimiter: "\t", header_delimiter: "," }, { x: "a", y: "b" }],
    ["key_value_parser", "a=1 b=\"x y\" c='z'", {}, { a: "1", b: "x y", c: "z" }],
    ["key_value_parser", "a:1|b:2", { delimiter: ":", pair_delimiter: "|" }, { a: "1", b: "2" }],
    [
      "uri_parser",
      "https://me:pw@example.com:8443/p?user=dev&user=x",
      {},
      { scheme: "https", user: "me", host: "example.com", port: "8443", path: "/p", query: { user: ["dev", "x"] } },
    ],
    ["json_array_parser", '["a",2]', { header: "x,y" }, { x: "a", y: 2 }],
  ])("%s reads %s", async (type, line, settings, attributes) => {
    expect((await runOne(line, { type, ...settings })).attributes).toEqual(attributes);
  });

  test("put what they read where they are told, and take time, severity, trace and scope from it", async () => {
    const line = JSON.stringify({
      t: "2024-05-06 07:08:09.123456",
      level: "ERR",
      trace: "0102030405060708090a0b0c0d0e0f10",
      span: "0102030405060708",
      flags: "01",
      logger: "my.scope",
    });
    const { body, record } = await runOne(line, {
      type: "json_parser",
      parse_to: "body",
      timestamp: { parse_from: "body.t", layout: "%Y-%m-%d %H:%M:%S.%f", location: "America/New_York" },
      severity: { parse_from: "body.level" },
      trace: {
        trace_id: { parse_from: "body.trace" },
        span_id: { parse_from: "body.span" },
        trace_flags: { parse_from: "body.flags" },
      },
      scope_name: { parse_from: "body.logger" },
    });
    expect(body).toMatchObject({ level: "ERR" });
    expect(record).toMatchObject({
      timeUnixNano: BigInt(Date.UTC(2024, 4, 6, 11, 8, 9)) * 1_000_000n + 123_456_000n,
      severityNumber: 17,
      severityText: "ERR",
      flags: 1,
    });
    expect(Buffer.from(record.traceId).toString("hex")).toBe("0102030405060708090a0b0c0d0e0f10");
  });

  test.each([
    ["%d/%b/%Y:%H:%M:%S %z", "strptime", "02/Jan/2024:03:04:05 +0100", Date.UTC(2024, 0, 2, 2, 4, 5)],
    ["2006-01-02T15:04:05.999Z07:00", "gotime", "2024-01-02T03:04:05.25+01:00", Date.UTC(2024, 0, 2, 2, 4, 5, 250)],
    ["Jan _2 15:04:05", "gotime", "Jun  3 04:05:06", Date.UTC(2024, 5, 3, 4, 5, 6)],
    ["%Y-%m-%dT%H:%M:%SZ", "strptime", "2024-02-29T23:59:59.5Z", Date.UTC(2024, 1, 29, 23, 59, 59, 500)],
    ["%d.%m.%y %I:%M %p", "strptime", "3.6.24 1:05 PM", Date.UTC(2024, 5, 3, 13, 5)],
    ["%F %T,%L", "strptime", "2024-01-02 03:04:05,678", Date.UTC(2024, 0, 2, 3, 4, 5, 678)],
    ["s", "epoch", "1700000000", 1_700_000_000_000],
    ["s.ms", "epoch", "1700000000.250", 1_700_000_000_250],
    ["ms", "epoch", "1700000000250", 1_700_000_000_250],
  ])("time_parser reads %s as %s", async (layout, layout_type, line, ms) => {
    const operator = { type: "time_parser", parse_from: "body", layout, layout_type, location: "UTC" };
    expect((await runOne(line, operator)).record.timeUnixNano).toBe(BigInt(ms) * 1_000_000n);
  });

  test("time_parser tells times that there are not, and knows when clocks change", async () => {
    const operator = {
      type: "time_parser",
      parse_from: "body",
      layout: "%Y-%m-%d %H:%M:%S",
      location: "Europe/Berlin",
    };
    const lines = ["2024-02-30 00:00:00", "2024-03-31 01:59:59", "2024-03-31 03:00:00", "2024-10-27 04:00:00"];
    const outcomes = await run(lines, [operator]);
    expect(outcomes.map(({ record }) => record.timeUnixNano / 1_000_000n)).toEqual(
      [0, Date.UTC(2024, 2, 31, 0, 59, 59), Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 3)].map(BigInt),
    );
  });

  test.each([
    ["warning", {}, 13, "warning"],
    ["WARN", { overwrite_text: true, mapping: { warn: "w" } }, 13, "WARN"],
    ["503", { mapping: { error: "5xx", info: [{ min: 200, max: 299 }] } }, 17, "503"],
    ["204", { mapping: { error: "5xx", info: [{ min: 200, max: 299 }] } }, 9, "204"],
    ["nope", {}, 0, "nope"],
  ])("severity_parser takes %s", async (line, settings, severityNumber, severityText) => {
    const { record } = await runOne(line, { type: "severity_parser", parse_from: "body", ...settings });
    expect(record).toMatchObject({ severityNumber, severityText });
  });

  test("syslog_parser reads RFC 5424 and RFC 3164", async () => {
    const modern = await runOne(
      '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventID="1011"] An application event',
      { type: "syslog_parser", protocol: "rfc5424" },
    );
    expect(modern.attributes).toMatchObject({
      facility: 20n,
      hostname: "mymachine.example.com",
      appname: "evntslog",
      msg_id: "ID47",
      message: "An application event",
      structured_data: { "exampleSDID@32473": { iut: "3", eventID: "1011" } },
    });
    expect(modern.record).toMatchObject({
      severityNumber: 10,
      severityText: "notice",
      timeUnixNano: BigInt(Date.UTC(2003, 9, 11, 22, 14, 15, 3)) * 1_000_000n,
    });
    const old = await runOne("<34>Jun 11 22:14:15 mymachine su[12]: 'su root' failed", {
      type: "syslog_parser",
      protocol: "rfc3164",
    });
    expect(old.attributes).toMatchObject({ appname: "su", proc_id: "12", message: "'su root' failed" });
  });
});

describe("transformers", () => {
  const json = { type: "json_parser", parse_to: "body" };
  const line = '{"a":{"b":1,"c":"x"},"d":"y","list":["p","q"]}';

  test.each([
    ["add", [{ type: "add", field: "body.n", value: 3 }], { n: 3n }],
    ["add with an expression", [{ type: "add", field: "body.n", value: "EXPR(body.d + '!')" }], { n: "y!" }],
    ["move", [{ type: "move", from: "body.a.c", to: 'body["x.y"]' }], { a: { b: 1 }, "x.y": "x" }],
    ["copy", [{ type: "copy", from: "body.a", to: "body.z" }], { z: { b: 1, c: "x" } }],
    ["flatten", [{ type: "flatten", field: "body.a" }], { b: 1, c: "x" }],
    ["assign_keys", [{ type: "assign_keys", field: "body.list", keys: ["k", "l"] }], { list: { k: "p", l: "q" } }],
    ["regex_replace", [{ type: "regex_replace", field: "body.d", regex: "(y)", replace_with: "<${1}>" }], { d: "<y>" }],
  ])("%s", async (_name, operators, expected) => {
    expect((await run([line], [json, ...operators]))[0]?.body).toMatchObject(expected);
  });

  test("remove, retain and unquote", async () => {
    const removed = await runOne(line, json, { type: "remove", field: "body.a" });
    expect(removed.body).toEqual({ d: "y", list: ["p", "q"] });
    const retained = await runOne(line, json, { type: "retain", fields: ["body.a.b"] });
    expect(retained.body).toEqual({ a: { b: 1 } });
    expect((await runOne('"a\\nb"', { type: "unquote", field: "body" })).body).toBe("a\nb");
  });

  test("only entries for which `if` holds are changed", async () => {
    const add = { type: "add", field: "attributes.x", value: "1", if: 'body == "b"' };
    expect((await run(["a", "b"], [add])).map(({ attributes }) => attributes)).toEqual([{}, { x: "1" }]);
  });

  test.each([
    ["send", 1],
    ["send_quiet", 1],
    ["drop", 0],
    ["drop_quiet", 0],
  ])("on_error %s decides about an entry that cannot be worked on", async (on_error, count) => {
    expect(await run(["no json"], [{ type: "json_parser", on_error }])).toHaveLength(count);
  });
});

describe("routing", () => {
  test("filter drops what matches", async () => {
    const outcomes = await run(["a", "b"], [{ type: "filter", expr: 'body matches "^a"' }]);
    expect(outcomes.map(({ body }) => body)).toEqual(["b"]);
  });

  test("router sends entries to the first route that matches, to the default, or nowhere", async () => {
    const outcomes = await run(
      ["{}", "a=1", "other"],
      [
        {
          type: "router",
          routes: [
            { expr: 'body startsWith "{"', output: "json", attributes: { format: "json" } },
            { expr: 'body contains "="', output: "kv" },
          ],
        },
        { type: "json_parser", id: "json", output: "end" },
        { type: "key_value_parser", id: "kv", output: "end" },
        { type: "noop", id: "end" },
      ],
    );
    expect(outcomes.map(({ attributes }) => attributes)).toEqual([{ format: "json" }, { a: "1" }]);
  });
});

describe("recombine", () => {
  const trace = { type: "recombine", combine_field: "body", is_first_entry: "body matches '^[^\\\\s]'" };

  test("puts lines together that belong to one entry", async () => {
    const logs = new FileLog();
    writeFileSync(logs.path("a.log"), "boom\n  at x\n  at y\nok\n");
    await logs.start({ operators: [trace], preserve_leading_whitespaces: true });
    expect(logs.bodies).toEqual(["boom\n  at x\n  at y"]);
    await logs.poll(5_200);
    expect(logs.bodies.slice(1)).toEqual(["ok"]);
  });

  test("hands on what it holds when the receiver ends", async () => {
    const logs = new FileLog();
    writeFileSync(logs.path("a.log"), "boom\n  at x\n");
    await logs.start({ operators: [trace], preserve_leading_whitespaces: true });
    expect(logs.bodies).toEqual([]);
    await logs.stop();
    expect(logs.bodies).toEqual(["boom\n  at x"]);
  });

  test("keeps limits", async () => {
    const last = { type: "recombine", combine_field: "body", is_last_entry: 'body == "end"', combine_with: "," };
    const outcomes = await run(["a", "b", "c", "end"], [{ ...last, max_unmatched_batch_size: 2 }]);
    expect(outcomes.map(({ body }) => body)).toEqual(["a,b", "c,end"]);
  });
});

describe("container", () => {
  const POD = "pods/some-ns_kube-controller_49cc7c1fd3702c40b2686ea7486091d6/kube-controller/1.log";

  async function runPod(text: string): Promise<FileLog> {
    const logs = new FileLog();
    mkdirSync(dirname(logs.path(POD)), { recursive: true });
    writeFileSync(logs.path(POD), "");
    appendFileSync(logs.path(POD), text);
    const operators = [{ type: "container" }];
    await logs.start({
      include: [logs.path("pods/*/*/*.log")],
      include_file_path: true,
      include_file_name: false,
      preserve_trailing_whitespaces: true,
      operators,
    });
    return logs;
  }

  test("reads containerd's lines, puts parts together, and tells the pod", async () => {
    const logs = await runPod(
      "2023-06-22T10:27:25.813799277Z stdout P multiline \n2023-06-22T10:27:25.813799277Z stdout F containerd\n",
    );
    expect(logs.bodies).toEqual(["multiline containerd"]);
    expect(logs.attributes[0]).toMatchObject({ "log.iostream": "stdout", logtag: "P" });
    expect(logs.records[0]?.timeUnixNano).toBe(BigInt(Date.UTC(2023, 5, 22, 10, 27, 25)) * 1_000_000n + 813_799_277n);
    expect(plainMap(logs.resourceLogs[0]?.resource?.attributes ?? [])).toEqual({
      "k8s.namespace.name": "some-ns",
      "k8s.pod.name": "kube-controller",
      "k8s.pod.uid": "49cc7c1fd3702c40b2686ea7486091d6",
      "k8s.container.name": "kube-controller",
      "k8s.container.restart_count": "1",
    });
  });

  test("reads Docker's and CRI-O's lines", async () => {
    const docker = await runPod('{"log":"hi\\n","stream":"stderr","time":"2029-03-30T08:31:20.545192187Z"}\n');
    expect(docker.bodies).toEqual(["hi\n"]);
    expect(docker.attributes[0]?.["log.iostream"]).toBe("stderr");
    const crio = await runPod("2024-04-13T07:59:37.505201169-10:00 stdout F standalone crio line\n");
    expect(crio.bodies).toEqual(["standalone crio line"]);
  });
});
