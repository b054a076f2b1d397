import { afterEach, expect, test } from "vitest";
import { runCollector } from "../collector.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const config = (level: string, transform: string): string => `
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:0 } } } }
processors:
  transform: ${transform}
exporters: { clew: }
connectors:
  routing:
    error_mode: ignore
    table: [{ condition: 'span.name == "a"', pipelines: [traces/out] }]
service:
  telemetry:
    metrics:
      level: ${level}
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }]
  pipelines:
    traces/in: { receivers: [otlp], processors: [transform], exporters: [routing] }
    traces/out: { receivers: [routing], exporters: [clew] }
`;

const RENAMES = `{ trace_statements: ['set(span.name, "b") where span.name == "x"', 'set(span.name, "a")'] }`;

/** What a collector answers at a path of its own server, once it took two spans. */
async function answers(yaml: string, path: string): Promise<string> {
  const running = await runCollector(yaml);
  cleanUps.push(() => running.collector.shutdown());
  const span = (name: string): object => ({ traceId: "01".repeat(16), spanId: "02".repeat(8), name });
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span("x"), span("a")] }] }] });
  const headers = { "content-type": "application/json" };
  await fetch(`http://${running.at("http::endpoint")}/v1/traces`, { method: "POST", headers, body });
  return (await fetch(`http://${running.at("telemetry")}${path}`)).text();
}

test("a collector shows at /debug/statements what became of each statement", async () => {
  expect(await answers(config("normal", RENAMES), "/debug/statements")).toBe(
    `transform (traces/in)
 evaluated   matched   changed    errors
         2         1         1         0  set(span.name, "b") where span.name == "x"
         2         2         1         0  set(span.name, "a")

routing (traces to traces)
 evaluated   matched   changed    errors
         2         2         0         0  span.name == "a"
`,
  );
});

test("and tells it as metrics, at the level detailed", async () => {
  const series = 'otelcol_ottl_statement_matched{component="routing",place="traces to traces",index="0"';
  expect(await answers(config("detailed", RENAMES), "/metrics")).toContain(series);
  expect(await answers(config("normal", RENAMES), "/metrics")).not.toContain("otelcol_ottl");
});

test("where nothing runs statements, it says so", async () => {
  const yaml = config("normal", "{}").replace("exporters: [routing]", "exporters: [clew]");
  const alone = yaml.replace(/ {4}traces\/out.*\n/, "").replace(/connectors:[\s\S]*(?=service:)/, "");
  expect(await answers(alone, "/debug/statements")).toBe("No component runs statements.\n");
});
