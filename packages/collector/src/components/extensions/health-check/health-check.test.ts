import { afterEach, expect, test } from "vitest";
import { runCollector } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { HealthCheck } from "./health-check.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const yaml = (settings: string): string => `
extensions: { health_check: { endpoint: "127.0.0.1:0"${settings} }, zpages: { endpoint: "127.0.0.1:0", expvar: { enabled: true } } }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { nop: }
service:
  extensions: [health_check, zpages]
  telemetry: { metrics: { level: none }, resource: { service.name: "<b>" } }
  pipelines: { traces: { receivers: [otlp], exporters: [nop] } }
`;

async function get(path: string, settings = "", at = "extensions::health_check"): Promise<[number, string]> {
  const running = await runCollector(yaml(settings));
  cleanUps.push(() => running.collector.shutdown());
  const response = await fetch(`http://${running.at(at)}${path}`);
  return [response.status, await response.text()];
}

test("says that the collector is available, under its path and no other", async () => {
  const [status, body] = await get("/health?x=1", ", path: /health");
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ status: "Server available", uptime: expect.stringMatching(/s$/) as string });
  expect((await get("/", ", path: /health"))[0]).toBe(404);
});

test("says the texts that are configured", async () => {
  expect(await get("/", ', response_body: { healthy: "fine" }')).toEqual([200, "fine"]);
});

test("is not available before the pipelines run, and once they stop", async () => {
  const kit = componentSettings("extension", "health_check");
  const extension = new HealthCheck(kit.settings, schema.read({ endpoint: "127.0.0.1:0" }, new Place("", [])));
  await extension.start();
  cleanUps.push(() => extension.shutdown());
  const ask = async (): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${kit.addresses["endpoint"]?.port}/`);
    return [response.status, await response.json()];
  };
  const never = { status: "Server not available", upSince: "0001-01-01T00:00:00Z", uptime: "" };
  expect(await ask()).toEqual([503, never]);
  extension.ready();
  expect((await ask())[0]).toBe(200);
  extension.notReady();
  expect(await ask()).toEqual([503, never]);
});

test.each([
  ["servicez", "&lt;b&gt;"],
  ["pipelinez", "<td>traces</td><td>traces</td><td>otlp</td>"],
  ["extensionz", "<td>zpages</td>"],
  ["featurez", "confmap.strictlyTypedInput"],
  ["expvarz", "memstats"],
])("zpages shows %s", async (page, expected) => {
  const [status, body] = await get(`/debug/${page}`, "", "extensions::zpages");
  expect(status).toBe(200);
  expect(body).toContain(expected);
});
