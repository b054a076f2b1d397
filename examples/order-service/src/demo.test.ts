/** The demo as `clew demo` runs it: two processes and customers, against a receiver in the test. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDemo } from "./index.ts";
import { rateAt } from "./load-generator.ts";
import { listenGrpc, type ListeningServer, OtlpReceiver } from "./otlp-receiver.test-kit.ts";

const receiver = new OtlpReceiver();
let otlp: ListeningServer;

beforeAll(async () => {
  // The processes run what is built.
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  await promisify(execFile)(process.execPath, [compiler, "-b", fileURLToPath(new URL("..", import.meta.url))]);
  otlp = await listenGrpc(receiver);
});
afterAll(() => otlp.close());

test("both processes send what their customers cause, and end when the demo is stopped", async () => {
  const reported: string[] = [];
  const abort = new AbortController();
  const demo = await startDemo({
    otlpEndpoint: otlp.url,
    report: (line) => void reported.push(line),
    signal: abort.signal,
    programs: new URL("../dist/", import.meta.url),
  });
  await receiver.until(() => receiver.logs.some(({ service }) => service === "inventory-service"));
  abort.abort();
  await demo.stop();
  const services = (received: readonly { readonly service: string }[]): string[] =>
    [...new Set(received.map(({ service }) => service))].sort();
  const both = ["inventory-service", "order-service"];
  expect([services(receiver.spans), services(receiver.logs), services(receiver.points)]).toEqual([both, both, both]);
  expect(receiver.points.some(({ metric }) => metric === "orders.created")).toBe(true);
  expect(reported).toEqual([`the demo takes orders at ${demo.ordersUrl}/orders`]);
  await expect(fetch(`${demo.ordersUrl}/health`)).rejects.toThrow("fetch failed");
});

test("a process that does not start is an error", async () => {
  const settings = { otlpEndpoint: otlp.url, report: () => {}, signal: new AbortController().signal };
  await expect(startDemo({ ...settings, programs: new URL("./nowhere/", import.meta.url) })).rejects.toThrow(
    "the demo's inventory ended with code 1 before it listened",
  );
});

test("the load is a wave between 2 and 12 orders a second", () => {
  expect([0, 45_000, 90_000, 180_000].map((nowMs) => Number(rateAt(nowMs).toFixed(6)))).toEqual([2, 7, 12, 2]);
});
