import { expect, test } from "vitest";
import { decode } from "./decode.ts";
import type { MetricsObject, TracesObject } from "./decoded.ts";
import { encode } from "./encode.ts";
import { concatPayloads, payloadBytes, payloadOf, type Payload } from "./payload.ts";
import { PROTOCOLS } from "./signal.ts";
import { splitPayload } from "./split-payload.ts";

const spans = (...names: string[]): object[] => names.map((name) => ({ name }));

function traces(...resources: { service: string; scopes: object[][] }[]): Payload {
  const resourceSpans = resources.map(({ service, scopes }) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans: scopes.map((scope, i) => ({ scope: { name: `scope ${i}` }, spans: scope })),
    schemaUrl: "s",
  }));
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans }));
}

/** `service/scope: span span` for each scope. */
function outline(payload: Payload): string[] {
  const { resourceSpans } = decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject;
  return resourceSpans.flatMap(({ resource, scopeSpans, schemaUrl }) =>
    scopeSpans.map(({ scope, spans }) => {
      const service = resource?.attributes[0]?.value?.stringValue;
      return `${service}${schemaUrl}/${scope?.name}: ${spans.map(({ name }) => name).join(" ")}`;
    }),
  );
}

test("fills each part and repeats what stands around the items", () => {
  const whole = concatPayloads([
    traces({ service: "a", scopes: [spans("1", "2", "3"), spans("4")] }),
    traces({ service: "b", scopes: [spans("5")] }),
  ]);
  const parts = splitPayload(whole, 2);
  expect(parts.map(({ counts }) => counts.items)).toEqual([2, 2, 1]);
  expect(parts.map(outline)).toEqual([["as/scope 0: 1 2"], ["as/scope 0: 3", "as/scope 1: 4"], ["bs/scope 0: 5"]]);
});

test("returns what is small enough as it is", () => {
  const payload = traces({ service: "a", scopes: [spans("1", "2")] });
  expect(splitPayload(payload, 2)).toEqual([payload]);
});

test("parts a metric between its data points and keeps its name and temporality", () => {
  const dataPoints = [1n, 2n, 3n].map((asInt) => ({ asInt }));
  const metrics = [{ name: "m", unit: "s", sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } }];
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
  const parts = splitPayload(payloadOf("metrics", encode(PROTOCOLS.metrics.request, request)), 2);
  const sums = parts.map((part) => {
    const object = decode(PROTOCOLS.metrics.request, payloadBytes(part)) as unknown as MetricsObject;
    const metric = object.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0];
    return [
      metric?.name,
      metric?.unit,
      metric?.sum?.aggregationTemporality,
      metric?.sum?.dataPoints.map((one) => one.asInt),
    ];
  });
  expect(sums).toEqual([
    ["m", "s", 2, [1n, 2n]],
    ["m", "s", 2, [3n]],
  ]);
});
