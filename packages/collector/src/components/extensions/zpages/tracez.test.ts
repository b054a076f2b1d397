import { payloadBytes } from "@clew/otlp";
import { expect, onTestFinished, test } from "vitest";
import { runCollector } from "../../../collector.test-kit.ts";
import { tracesOf } from "../../../otlp.test-kit.ts";
import type { EndedSpan } from "../../../telemetry/tracer.ts";
import { SpanSamples } from "./span-samples.ts";
import { tracez } from "./tracez.ts";

function ended(name: string, nanos: bigint, more: Partial<EndedSpan> = {}): EndedSpan {
  const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), parentSpanId: undefined };
  return { name, ...ids, startNanos: 1n, endNanos: 1n + nanos, attributes: {}, events: [], error: undefined, ...more };
}

/** The cells of the row that `name` begins. */
function rowOf(name: string, html: string): string[] {
  const [, row = ""] = html.split(`<td>${name}</td>`);
  return [...row.split("</tr>", 1)[0]!.matchAll(/<td>(?:<a[^>]*>)?(\d+)/g)].map(([, count]) => count!);
}

test("spans are counted by how long they took, those that failed apart, and those under way", () => {
  const samples = new SpanSamples();
  const durations = [0n, 9_999n, 10_000n, 5_000_000n, 200_000_000_000n];
  for (const nanos of durations) {
    samples.began("a");
    samples.ended(ended("a", nanos));
  }
  samples.began("a");
  samples.ended(ended("a", 1n, { error: "went wrong" }));
  samples.began("a");
  const html = tracez(samples, new URLSearchParams());
  expect(rowOf("a", html)).toEqual(["1", "2", "1", "0", "1", "0", "0", "0", "0", "1", "1"]);
});

test("a number leads to the newest of its spans, and to no more than eight", () => {
  const samples = new SpanSamples();
  for (let i = 0; i < 20; i++) samples.ended(ended("<a>", 5n, { attributes: { i } }));
  samples.ended(ended("<a>", 5n, { error: "</td>" }));
  const chosen = tracez(samples, new URLSearchParams({ zspanname: "<a>", ztype: "1", zsubtype: "0" }));
  expect([...chosen.matchAll(/i: (\d+)/g)].map(([, i]) => Number(i))).toEqual([19, 18, 17, 16, 15, 14, 13, 12]);
  expect(chosen).not.toContain("<a>,");
  const errors = tracez(samples, new URLSearchParams({ zspanname: "<a>", ztype: "2" }));
  expect(errors).toContain("<td>&lt;/td&gt;</td>");
  expect(tracez(samples, new URLSearchParams({ zspanname: "b" }))).toContain("Trace Spans");
});

test("a collector shows its own spans without sending them anywhere", async () => {
  const running = await runCollector(`
extensions: { zpages: { endpoint: "127.0.0.1:0" } }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: }
service:
  extensions: [zpages]
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [clew] } }
`);
  onTestFinished(() => running.collector.shutdown());
  const headers = { "content-type": "application/x-protobuf" };
  const body = new Uint8Array(payloadBytes(tracesOf(["a"])));
  await fetch(`http://${running.at("http")}/v1/traces`, { method: "POST", headers, body });
  const html = await (await fetch(`http://${running.at("zpages")}/debug/tracez`)).text();
  for (const name of ["receiver/otlp/TraceDataReceived", "exporter/clew/traces"]) {
    const counts = rowOf(name, html).map(Number);
    expect(counts).toHaveLength(11);
    expect(counts.reduce((all, one) => all + one)).toBe(1);
  }
});
