import { afterEach, expect, test } from "vitest";
import { keptLog, MemorySink } from "./collector.test-kit.ts";
import { clewExporter } from "./components/exporters/clew/factory.ts";
import { loadConfig } from "./config/load-config.ts";
import { builtinComponents } from "./registry.ts";
import { ReloadingCollector } from "./reloading-collector.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const yaml = (environment: string, endpoint = "127.0.0.1:0"): string => `
receivers: { otlp: { protocols: { http: { endpoint: "${endpoint}" } } } }
processors: { resource: { attributes: [{ key: environment, value: ${environment}, action: insert }] } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], processors: [resource], exporters: [clew] } }
`;

async function start(first: string) {
  const sink = new MemorySink();
  const all = builtinComponents();
  const world = { text: first };
  const { lines, logger } = keptLog();
  const collector = await ReloadingCollector.start({
    load: () => loadConfig(world.text, {}),
    components: { ...all, exporters: [...all.exporters, clewExporter(sink)] },
    logger,
  });
  cleanUps.push(() => collector.shutdown());
  const send = async (): Promise<string> => {
    const [address] = Object.values(collector.addresses);
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "x" } }] }] }] });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${address?.port}/v1/logs`, { method: "POST", headers, body });
    expect(response.status).toBe(200);
    return Buffer.concat(sink.payloads.at(-1)!.chunks).toString("latin1");
  };
  return { world, collector, send, lines };
}

test("runs a new configuration once it is read anew", async () => {
  const { world, collector, send, lines } = await start(yaml("first"));
  expect(await send()).toContain("first");
  world.text = yaml("second");
  expect(await collector.reload()).toBe(true);
  expect(await send()).toContain("second");
  expect(lines.join("\n")).toContain("Config updated, restart service");
});

test("keeps what runs where the new configuration has faults", async () => {
  const { world, collector, send, lines } = await start(yaml("first"));
  const { addresses } = collector;
  world.text = yaml("second").replace("exporters: [clew]", "exporters: [none]");
  expect(await collector.reload()).toBe(false);
  expect(collector.addresses).toBe(addresses);
  expect(await send()).toContain("first");
  expect(lines.at(-1)).toContain('references exporter \\"none\\" which is not configured');
});

test("returns to the old configuration where the new one does not start", async () => {
  const { world, collector, send, lines } = await start(yaml("first"));
  world.text = yaml("second", "203.0.113.1:1");
  expect(await collector.reload()).toBe(false);
  expect(await send()).toContain("first");
  expect(lines.join("\n")).toContain("The new configuration did not start. Returning to the old one.");
});
