import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordProcessor,
  OTLPLogExporter,
  type SdkLogRecord,
} from "../index.ts";
import { type Decoded, decode, plainAttributes, plainValue } from "../otlp-schema.test-kit.ts";
import { type OtlpServer, startHttpServer } from "../otlp-servers.test-kit.ts";

let server: OtlpServer;
beforeAll(async () => {
  server = await startHttpServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.received.length = 0;
});

const exporter = (): OTLPLogExporter => new OTLPLogExporter({ url: `${server.url}/v1/logs`, env: {} });

async function received(provider: LoggerProvider): Promise<unknown[]> {
  await provider.shutdown();
  const request = decode("LogsRequest", server.received[0]?.body ?? new Uint8Array());
  const records: Decoded[] = request.resource_logs[0].scope_logs[0].log_records;
  return records.map(({ body, attributes, severity_text }) => [
    body === null || body === undefined ? undefined : plainValue(body),
    plainAttributes(attributes),
    severity_text,
  ]);
}

test("nothing of a record is left in the one after it", async () => {
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor(exporter(), { env: {} })] });
  const logger = provider.getLogger("test");
  logger.emit({ body: "a", severityText: "INFO", eventName: "e", attributes: { one: 1, two: 2, three: "3" } });
  logger.emit({ body: "b", attributes: { one: 4 } });
  logger.emit({});
  logger.emit({ body: "c", severityText: "WARN", attributes: { one: 5, two: 6, three: "7" } });
  expect(await received(provider)).toEqual([
    ["a", { one: 1n, two: 2n, three: "3" }, "INFO"],
    ["b", { one: 4n }, undefined],
    [undefined, {}, undefined],
    ["c", { one: 5n, two: 6n, three: "7" }, "WARN"],
  ]);
});

test("reading a record's values may emit another", async () => {
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor(exporter(), { env: {} })] });
  const logger = provider.getLogger("test");
  const attributes = {
    before: 1,
    get within() {
      logger.emit({ body: "inner", attributes: { inner: true } });
      return 2;
    },
    after: 3,
  };
  logger.emit({ body: "outer", attributes });
  logger.emit({ body: "next", attributes: { before: 4 } });
  expect(await received(provider)).toEqual([
    ["inner", { inner: true }, undefined],
    ["outer", { before: 1n, within: 2n, after: 3n }, undefined],
    ["next", { before: 4n }, undefined],
  ]);
});

test("who may keep a record is given one of its own", async () => {
  const kept: SdkLogRecord[] = [];
  class Keeping extends BatchLogRecordProcessor {
    override onEmit(record: SdkLogRecord): void {
      kept.push(record);
      super.onEmit(record);
    }
  }
  const collecting: LogRecordProcessor = {
    onEmit: (record) => void kept.push(record),
    async forceFlush() {},
    async shutdown() {},
  };
  const groups = [
    [new Keeping(exporter(), { env: {} })],
    [new BatchLogRecordProcessor(exporter(), { env: {} }), collecting],
  ];
  for (const processors of groups) {
    kept.length = 0;
    const provider = new LoggerProvider({ processors });
    for (const body of ["a", "b"]) provider.getLogger("test").emit({ body });
    await provider.shutdown();
    expect(kept.map(({ body }) => body)).toEqual(["a", "b"]);
  }
});
