/** A running `clew collector`: reloaded, looked into, and its recordings replayed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as OTLPTraceExporterOverHttp } from "@opentelemetry/exporter-trace-otlp-proto";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { afterEach, describe, expect, test } from "vitest";
import {
  collectorCommand,
  freePort,
  startCollector,
  startCommand,
  type RunningCommand,
} from "./collector-process.test-kit.ts";
import { exportedBy, logRecord, span } from "./official-senders.test-kit.ts";
import { temporaryDirectory } from "./running-clew.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Setup {
  readonly directory: string;
  readonly configPath: string;
  readonly grpc: number;
  readonly http: number;
  /** Where its own metrics are. */
  readonly own: string;
  readonly collector: RunningCommand;
}

interface Pipeline {
  readonly processors?: string;
  readonly ids?: string;
  readonly file?: string;
}

/** Starts a collector that writes what it takes into `out` of its directory. */
async function start(pipeline: Pipeline = {}): Promise<Setup & { readonly write: (pipeline: Pipeline) => void }> {
  const { path: directory, remove } = temporaryDirectory();
  cleanUps.push(remove);
  const [grpc, http, own] = [await freePort(), await freePort(), await freePort()];
  const configPath = join(directory, "config.yaml");
  const write = ({ processors = "{}", ids = "[]", file = ", append: true" }: Pipeline): void =>
    writeFileSync(
      configPath,
      `
receivers:
  otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${grpc}" }, http: { endpoint: "127.0.0.1:${http}" } } }
processors: ${processors}
exporters: { file: { path: out${file} } }
service:
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${own} } } } }] } }
  pipelines:
    traces: { receivers: [otlp], processors: ${ids}, exporters: [file] }
    logs: { receivers: [otlp], exporters: [file] }
`,
    );
  write(pipeline);
  const collector = await startCollector(["--config", configPath], { directory });
  cleanUps.push(() => collector.stop());
  return { directory, configPath, grpc, http, own: `127.0.0.1:${own}`, collector, write };
}

describe("SIGHUP", () => {
  test("takes a good configuration and refuses a bad one, and nothing that was acknowledged is lost", async () => {
    const { directory, grpc, http, collector, write } = await start();
    const exporters = [
      new OTLPTraceExporter({ url: `http://127.0.0.1:${grpc}` }),
      new OTLPTraceExporterOverHttp({ url: `http://127.0.0.1:${http}/v1/traces` }),
    ];
    const acknowledged: string[] = [];
    const stop = new AbortController();
    const senders = exporters.map(async (exporter, sender) => {
      for (let i = 0; !stop.signal.aborted; i++) {
        const name = `span ${sender}-${i}.`;
        const { code } = await exportedBy(exporter, [span(name)]);
        if (code === ExportResultCode.SUCCESS) acknowledged.push(name);
      }
      await exporter.shutdown();
    });
    const grownBy = async (count: number): Promise<void> => {
      const enough = acknowledged.length + count;
      while (acknowledged.length < enough) await new Promise((resolve) => setTimeout(resolve, 5));
    };

    await grownBy(20);
    write({
      processors: "{ resource: { attributes: [{ key: generation, value: second, action: insert }] } }",
      ids: "[resource]",
    });
    collector.process.kill("SIGHUP");
    await collector.printed("Everything is ready.", 2);
    await grownBy(20);

    write({ processors: "{ resource: { attributs: [] } }", ids: "[resource]" });
    collector.process.kill("SIGHUP");
    await collector.printed("Config reload failed. The running configuration is kept.");
    await grownBy(20);
    expect(collector.stderr()).toMatch(/config\.yaml:\d+:\d+: processors::resource: .*attributs/);

    stop.abort();
    await Promise.all(senders);
    expect(await collector.stop()).toBe(0);
    const written = readFileSync(join(directory, "out"), "utf8");
    expect(acknowledged.filter((name) => !written.includes(name))).toEqual([]);
    expect(written.trimEnd().split("\n").at(-1)).toContain("second");
  });
});

test("tap shows what passes a place, as it is there", async () => {
  const { own, http } = await start({
    processors: "{ attributes: { actions: [{ key: card, action: delete }] } }",
    ids: "[attributes]",
  });
  const [before, after, raw] = [
    ["--after", "otlp"],
    ["--after", "attributes"],
    ["--before", "file", "--json"],
  ].map((place) => startCommand(["tap", "--pipeline", "traces", ...place, "--address", own])) as [
    RunningCommand,
    RunningCommand,
    RunningCommand,
  ];
  cleanUps.push(() => Promise.all([before, after, raw].map((tap) => tap.stop())));
  const exporter = new OTLPTraceExporterOverHttp({ url: `http://127.0.0.1:${http}/v1/traces` });
  // Nothing tells when a tap listens, so something passes until all have seen it.
  const seen = Promise.all([before, after, raw].map((tap) => tap.printed("pay the bill")));
  const isSeen = new AbortController();
  void seen.then(() => isSeen.abort());
  while (!isSeen.signal.aborted) {
    await exportedBy(exporter, [span("pay the bill", { attributes: { card: "4111", shop: "a" } })]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await seen;
  expect(before.stdout()).toMatch(/shop {2}pay the bill {2}5 ms {2}[0-9a-f]{32} {2}card="?4111"? shop="?a"?/);
  expect(after.stdout()).not.toContain("4111");
  const [line = ""] = raw.stdout().split("\n");
  expect(JSON.parse(line)).toHaveProperty("resourceSpans");
  expect(await before.stop()).toBe(0);
});

test("tap and explain --live say what is wrong", async () => {
  const { own } = await start();
  expect(collectorCommand(["tap", "--pipeline", "traces", "--after", "batch", "--address", own]).stderr).toBe(
    "[TAP_UNKNOWN] there is no such place in the pipelines (there are: --pipeline traces --before file; --pipeline traces --after otlp)\n",
  );
  const nobody = `127.0.0.1:${await freePort()}`;
  expect(collectorCommand(["explain", "--live", "--address", nobody]).stderr).toBe(
    `[COLLECTOR_UNREACHABLE] no collector answers at ${nobody}: ECONNREFUSED (start one, or name where its own metrics are served with --address)\n`,
  );
});

test("explain --live tells how often each statement matched", async () => {
  const { own, http } = await start({
    processors: `{ transform: { trace_statements: ['set(span.name, "b") where span.name == "a"'] } }`,
    ids: "[transform]",
  });
  await exportedBy(new OTLPTraceExporterOverHttp({ url: `http://127.0.0.1:${http}/v1/traces` }), [
    span("a"),
    span("c"),
  ]);
  const { code, stdout } = collectorCommand(["explain", "--live", "--address", own]);
  expect(stdout).toBe(`transform (traces)
 evaluated   matched   changed    errors
         2         1         1         0  set(span.name, "b") where span.name == "a"
`);
  expect(code).toBe(0);
});

describe("replay", () => {
  const STATEMENT = `set(span.attributes["paid"], true) where span.name == "pay"`;
  const CONFIG = `
receivers: { otlp: { protocols: { grpc: } } }
processors:
  transform: { trace_statements: ['${STATEMENT}'] }
  filter: { logs: { log_record: ['body == "noise"'] } }
exporters: { otlp_grpc: { endpoint: "backend.example:4317" } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [transform], exporters: [otlp_grpc] }
    logs: { receivers: [otlp], processors: [filter], exporters: [otlp_grpc] }
`;
  const OUTCOME = ` evaluated   matched   changed    errors\n         2         1         1         0  ${STATEMENT}\n`;

  test.each([
    ["lines of JSON", ", format: json"],
    ["JSON, compressed", ", compression: zstd"],
    ["protobuf", ", format: proto"],
    ["protobuf, compressed", ", format: proto, compression: zstd"],
  ])("reads what the file exporter wrote as %s", async (_name, file) => {
    const { directory, http, collector } = await start({ file });
    const traces = new OTLPTraceExporterOverHttp({ url: `http://127.0.0.1:${http}/v1/traces` });
    await exportedBy(traces, [span("pay"), span("browse")]);
    await exportedBy(new OTLPLogExporter({ url: `http://127.0.0.1:${http}/v1/logs` }), [
      logRecord("noise"),
      logRecord("news"),
    ]);
    await collector.stop();
    writeFileSync(join(directory, "replay.yaml"), CONFIG);
    const { code, stdout, stderr } = collectorCommand(["replay", "--config", "replay.yaml", "out"], { directory });
    expect(stdout).toContain(`  transform: 2 → 2\n      set attributes["paid"] = true on 1 item (pay)\n`);
    expect(stdout).toContain('  filter: 2 → 1\n      dropped 1 item ("noise")\n');
    expect(stdout).toContain(OUTCOME);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("reads one raw request", () => {
    const { path: directory, remove } = temporaryDirectory();
    cleanUps.push(remove);
    writeFileSync(join(directory, "replay.yaml"), CONFIG);
    writeFileSync(join(directory, "request"), ProtobufTraceSerializer.serializeRequest([span("pay"), span("browse")])!);
    const { stdout } = collectorCommand(["replay", "--config", "replay.yaml", "request"], { directory });
    expect(stdout).toContain(OUTCOME);
  });
});
