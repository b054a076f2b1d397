import { payloadBytes } from "@clew/otlp";
import { expect, test } from "vitest";
import { keptLog } from "../collector.test-kit.ts";
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
  in: 1 items
  → exporter nop: 1 items
`);
});

test("reads what was recorded: protobuf, with lengths or without, JSON and lines of it", () => {
  const [traces, logs] = [tracesOf(["a"]), logsOf(["l"])];
  const bytes = Buffer.from(payloadBytes(traces));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  const json = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "x" } }] }] }] });
  const read = (content: Buffer): unknown =>
    recordedPayloads("f", content, undefined).map(({ signal, counts }) => [signal, counts.items]);
  expect(read(bytes)).toEqual([["traces", 1]]);
  expect(read(Buffer.from(payloadBytes(logs)))).toEqual([["logs", 1]]);
  expect(read(Buffer.concat([length, bytes, length, bytes]))).toEqual([
    ["traces", 1],
    ["traces", 1],
  ]);
  expect(read(Buffer.from(json))).toEqual([["logs", 1]]);
  expect(read(Buffer.from(`${json}\n${json}\n`))).toEqual([
    ["logs", 1],
    ["logs", 1],
  ]);
  expect(() => read(Buffer.from(`${json}\n{`))).toThrow("[REPLAY_UNREADABLE] f:2: it is no request in OTLP/JSON");
  expect(() => read(Buffer.from("garbage"))).toThrow("[REPLAY_UNREADABLE] f at byte 0: it is no request");
});
