import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import {
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  LoggerProvider,
  MeterProvider,
  OTLPFileLogExporter,
  OTLPFileMetricExporter,
  OTLPFileTraceExporter,
  PeriodicExportingMetricReader,
  TracerProvider,
} from "../../index.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "clew-file-exporter-"))));
afterEach(() => {
  unregisterAll();
  rmSync(folder, { recursive: true });
});

function target(name: string): { readonly outputStream: string; readonly lines: () => Record<string, unknown>[] } {
  const path = join(folder, name);
  const lines = (): Record<string, unknown>[] =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { outputStream: pathToFileURL(path).href, lines };
}

async function writeSpans(exporter: OTLPFileTraceExporter, ...names: string[]): Promise<void> {
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })] });
  for (const name of names) {
    provider.getTracer("t").startSpan(name).end();
    await provider.forceFlush();
  }
  await provider.shutdown();
}

test("each batch of spans is a line of OTLP/JSON, added to what the file has", async () => {
  const { outputStream, lines } = target("traces.jsonl");
  await writeSpans(new OTLPFileTraceExporter({ outputStream }), "a", "b");
  await writeSpans(new OTLPFileTraceExporter({ outputStream }), "c");
  const names = lines().map((line) => JSON.stringify(line).match(/"name":"[abc]"/g));
  expect(names).toEqual([['"name":"a"'], ['"name":"b"'], ['"name":"c"']]);
  expect(Object.keys(lines()[0] ?? {})).toEqual(["resourceSpans"]);
});

test("log records and metrics too", async () => {
  const logs = target("logs.jsonl");
  const loggers = new LoggerProvider({
    processors: [new BatchLogRecordProcessor(new OTLPFileLogExporter(logs), { env: {} })],
  });
  loggers.getLogger("l").emit({ body: "hello" });
  await loggers.shutdown();
  expect(logs.lines()).toMatchObject([
    { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "hello" } }] }] }] },
  ]);

  const metrics = target("metrics.jsonl");
  const exporter = new OTLPFileMetricExporter({ ...metrics, temporalityPreference: "delta", env: {} });
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, env: {} })] });
  meters.getMeter("m").createCounter("c").add(2);
  await meters.shutdown();
  expect(metrics.lines()).toMatchObject([
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "c", sum: { aggregationTemporality: 1 } }] }] }] },
  ]);
});

test("a stream of the user's gets the lines and stays open", async () => {
  const chunks: string[] = [];
  const outputStream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  await writeSpans(new OTLPFileTraceExporter({ outputStream }), "a");
  expect(chunks).toEqual([expect.stringMatching(/^\{"resourceSpans":.*\}\n$/)]);
  expect(outputStream.writableEnded).toBe(false);
});

test("a file that cannot be written is reported, and nothing throws", async () => {
  const diagnostics = collectDiagnostics();
  await writeSpans(
    new OTLPFileTraceExporter({ outputStream: pathToFileURL(join(folder, "no", "such.jsonl")).href }),
    "a",
  );
  expect(diagnostics.lines).toEqual([expect.stringMatching(/^error .*ENOENT/)]);
});

test("an output stream that is none is warned of", () => {
  const diagnostics = collectDiagnostics();
  expect(() => new OTLPFileTraceExporter({ outputStream: "paper" })).not.toThrow();
  expect(diagnostics.lines).toEqual([expect.stringContaining('"paper" is ignored: expected stdout or file:///path')]);
});
