import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { payloadBytes } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { runCollector, until, type RunningCollector } from "../../../collector.test-kit.ts";
import { metricsOf } from "../../../otlp.test-kit.ts";
import { receiver, WRITTEN_ALL } from "./remote-write.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function send(running: RunningCollector): Promise<number> {
  const gauge = { name: "kept", gauge: { dataPoints: [{ asDouble: 7, timeUnixNano: 1_000_000_000n }] } };
  const { status } = await fetch(`http://${running.at("otlp")}/v1/metrics`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: payloadBytes(metricsOf([gauge], {})),
  });
  return status;
}

test("with a storage, what was acknowledged outlives a restart and is sent then", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-remote-write-"));
  cleanUps.push(() => rmSync(directory, { recursive: true }));
  let isUp = false;
  const remote = await receiver(() => (isUp ? WRITTEN_ALL : { status: 503 }));
  cleanUps.push(() => remote.close());
  const yaml = `
extensions: { file_storage: { directory: "${directory}" } }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters:
  prometheus_remote_write: { endpoint: "${remote.url}", remote_write_queue: { storage: file_storage } }
service:
  extensions: [file_storage]
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [prometheus_remote_write] } }
`;
  const first = await runCollector(yaml);
  expect(await send(first)).toBe(200);
  await until(() => remote.received.length > 0);
  await first.collector.shutdown();

  isUp = true;
  const refused = remote.received.length;
  const second = await runCollector(yaml);
  cleanUps.push(() => second.collector.shutdown());
  await until(() => remote.received.length > refused);
  expect(remote.received.at(-1)?.series).toMatchObject([{ samples: [{ value: 7, timestamp: 1_000 }] }]);
});
