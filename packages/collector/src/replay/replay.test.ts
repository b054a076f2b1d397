import { payloadBytes } from "@clew/otlp";
import { expect, test } from "vitest";
import { keptLog } from "../collector.test-kit.ts";
import { compress } from "../compression/compress.ts";
import { loadConfig } from "../config/load-config.ts";
import { logsOf, tracesOf } from "../otlp.test-kit.ts";
import { builtinComponents } from "../registry.ts";
import { recordedPayloads } from "./recorded-payloads.ts";
import { replay } from "./replay.ts";

const CONFIG = `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:1" } } } }
processors:
  batch: { timeout: 1m }
  resource: { attributes: [{ key: env, value: prod, action: insert }, { key: service.name, value: renamed, action: update }] }
exporters: { otlp_http: { endpoint: "http://127.0.0.1:1", sending_queue: { storage: file_storage } }, nop: }
connectors: { forward: }
extensions: { file_storage: { directory: /nowhere } }
service:
  extensions: [file_storage]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces/in: { receivers: [otlp], processors: [resource], exporters: [forward] }
    traces/out: { receivers: [forward], processors: [batch], exporters: [otlp_http, nop] }
    logs: { receivers: [otlp], exporters: [nop] }
`;

test("tells what each stage changed, joined and routed, without reaching outside", async () => {
  const report = await replay({
    config: await loadConfig(CONFIG, {}),
    components: builtinComponents(),
    payloads: [tracesOf(["a", "b"]), tracesOf(["c"]), logsOf(["l"])],
    logger: keptLog().logger,
    nowMs: 0,
  });
  expect(report).toBe(`traces/in
  in: 3 items
  resource: 3 → 3
      set resource.attributes["env"] = "prod" on 3 items (a, b, c)
      changed resource.attributes["service.name"] from "test" to "renamed" on 3 items (a, b, c)
  → connector forward: 3 items

traces/out
  in: 3 items
  batch: 3 → 3
      joined or parted 2 requests into 1
  → exporter otlp_http: 3 items
  → exporter nop: 3 items

logs
  in: 1 item
  → exporter nop: 1 item
`);
});

test("tells per OTTL statement what became of the records", async () => {
  const report = await replay({
    config: await loadConfig(
      `
receivers: { otlp: { protocols: { grpc: } } }
processors: { transform: { trace_statements: ['set(span.name, "b") where span.name == "a"'] } }
exporters: { nop: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], processors: [transform], exporters: [nop] } }
`,
      {},
    ),
    components: builtinComponents(),
    payloads: [tracesOf(["a", "c"])],
    logger: keptLog().logger,
    nowMs: 0,
  });
  expect(report).toContain(`
Statements

transform (traces)
 evaluated   matched   changed    errors
         2         1         1         0  set(span.name, "b") where span.name == "a"
`);
});

test("tells records of one moment apart", async () => {
  const report = await replay({
    config: await loadConfig(
      `
receivers: { otlp: { protocols: { grpc: } } }
processors: { filter: { logs: { log_record: ['body == "noise"'] } } }
exporters: { nop: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], processors: [filter], exporters: [nop] } }
`,
      {},
    ),
    components: builtinComponents(),
    payloads: [logsOf(["noise", "news"])],
    logger: keptLog().logger,
    nowMs: 0,
  });
  expect(report).toContain('  filter: 2 → 1\n      dropped 1 item ("noise")\n');
});

const [TRACES, LOGS] = [tracesOf(["a"]), logsOf(["l"])].map((payload) => Buffer.from(payloadBytes(payload))) as [
  Buffer,
  Buffer,
];
const JSON_LINE = JSON.stringify({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "x" } }] }] }],
});

async function read(content: Buffer): Promise<unknown> {
  return (await recordedPayloads("f", content, undefined)).map(({ signal, counts }) => [signal, counts.items]);
}

function withLength(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

test("reads one request, in protobuf or JSON", async () => {
  expect(await read(TRACES)).toEqual([["traces", 1]]);
  expect(await read(LOGS)).toEqual([["logs", 1]]);
  expect(await read(Buffer.from(JSON_LINE))).toEqual([["logs", 1]]);
});

test("takes protobuf whose length looks like a brace for what it is", async () => {
  const braced = Array.from({ length: 150 }, (_unused, i) => Buffer.from(payloadBytes(logsOf(["l".repeat(i)])))).find(
    (bytes) => bytes[1] === "{".charCodeAt(0),
  );
  expect(await read(braced!)).toEqual([["logs", 1]]);
});

test("reads what the file exporter writes: lines of JSON, and requests after their lengths, compressed or not", async () => {
  const twice = [
    ["traces", 1],
    ["logs", 1],
  ];
  expect(await read(Buffer.from(`${JSON_LINE}\n${JSON_LINE}\n`))).toEqual([twice[1], twice[1]]);
  expect(await read(Buffer.concat([TRACES, LOGS].map((one) => withLength(one))))).toEqual(twice);
  const compressed = await Promise.all([TRACES, Buffer.from(JSON_LINE)].map((one) => compress(one, "zstd", 3)));
  expect(await read(Buffer.concat(compressed.map((one) => withLength(one))))).toEqual(twice);
});

test("tells where a file cannot be read", async () => {
  await expect(read(Buffer.from(`${JSON_LINE}\n{`))).rejects.toThrow(
    "[REPLAY_UNREADABLE] f:2: it is no request in OTLP/JSON",
  );
  await expect(read(Buffer.alloc(0))).rejects.toThrow("[REPLAY_UNREADABLE] f: it is empty");
  await expect(read(Buffer.from("garbage"))).rejects.toThrow("[REPLAY_UNREADABLE] f at byte 0: it is no request");
  const torn = Buffer.concat([withLength(TRACES), withLength(LOGS).subarray(0, -1)]);
  await expect(read(torn)).rejects.toThrow(`[REPLAY_UNREADABLE] f at byte ${TRACES.length + 4}: it is no request`);
});
