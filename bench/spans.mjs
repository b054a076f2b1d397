/** OTLP requests for benchmarks: spans with ten attributes each, as an HTTP server makes them. */
import { randomBytes } from "node:crypto";
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";

const SPANS_PER_TRACE = 12;

const string = (key, value) => ({ key, value: { stringValue: value } });
const int = (key, value) => ({ key, value: { intValue: BigInt(value) } });

const resource = {
  attributes: [
    string("service.name", "bench"),
    string("service.version", "1.2.3"),
    string("deployment.environment.name", "production"),
    string("host.name", "ip-10-0-0-1"),
    int("process.pid", 1234),
    string("telemetry.sdk.language", "nodejs"),
  ],
};

/** The bytes of an ExportTraceServiceRequest with `count` spans of distinct ids. */
export function spansRequest(count, seed) {
  const now = BigInt(Date.now()) * 1_000_000n;
  let traceId = randomBytes(16);
  const spans = Array.from({ length: count }, (_unused, i) => {
    if (i % SPANS_PER_TRACE === 0) traceId = randomBytes(16);
    const n = seed * 1_000 + i;
    return {
      traceId,
      spanId: randomBytes(8),
      parentSpanId: i % SPANS_PER_TRACE === 0 ? new Uint8Array(0) : randomBytes(8),
      name: `GET /api/v${n % 3}/resource${n % 40}`,
      kind: 2,
      startTimeUnixNano: now + BigInt(i) * 20_000n,
      endTimeUnixNano: now + BigInt(i) * 20_000n + BigInt(1_000_000 + (n % 997) * 1_000),
      attributes: [
        string("http.request.method", "GET"),
        string("url.path", `/api/v1/resource/${n % 5_000}`),
        int("http.response.status_code", 200),
        string("server.address", `svc-${n % 30}`),
        string("user.id", `u${(n * 7_919) % 100_000}`),
        string("http.route", "/api/v1/resource/:id"),
        int("network.peer.port", 30_000 + (n % 20_000)),
        string("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        string("url.scheme", "http"),
        string("network.protocol.version", "1.1"),
      ],
      status: {},
    };
  });
  return encode(PROTOCOLS.traces.request, {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "bench", version: "1.0" }, spans }] }],
  });
}
