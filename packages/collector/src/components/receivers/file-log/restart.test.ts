/** With the real storage extension, in a real collector. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, payloadBytes, PROTOCOLS, type LogsObject } from "@clew/otlp";
import { expect, onTestFinished, test } from "vitest";
import { runCollector, until, type MemorySink } from "../../../collector.test-kit.ts";

function bodiesOf(sink: MemorySink): (string | undefined)[] {
  return sink.payloads
    .map((payload) => decode(PROTOCOLS.logs.request, payloadBytes(payload)) as unknown as LogsObject)
    .flatMap(({ resourceLogs }) => resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    .map(({ body }) => body?.stringValue);
}

test("a collector that comes back goes on where it was", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-restart-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, "state"));
  const file = join(directory, "a.log");
  writeFileSync(file, "level=warn one\n");
  const yaml = `
extensions:
  file_storage: { directory: ${join(directory, "state")} }
receivers:
  file_log:
    include: ["${directory}/*.log"]
    start_at: beginning
    storage: file_storage
    poll_interval: 10ms
    operators:
      - { type: regex_parser, regex: '^level=(?P<level>\\w+) (?P<text>.*)$$', severity: { parse_from: attributes.level } }
      - { type: move, from: attributes.text, to: body }
exporters: { clew: }
service:
  extensions: [file_storage]
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [file_log], exporters: [clew] } }
`;
  const first = await runCollector(yaml);
  await until(() => first.sink.items === 1);
  await first.collector.shutdown();
  expect(bodiesOf(first.sink)).toEqual(["one"]);
  appendFileSync(file, "level=info two\n");
  const second = await runCollector(yaml);
  await until(() => second.sink.items === 1);
  await second.collector.shutdown();
  expect(bodiesOf(second.sink)).toEqual(["two"]);
});
