/** Traces of the shop: trees of HTTP, database and queue spans with fourteen attributes each. */
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { int, Random, SERVICES, string, USER_AGENTS } from "./shop-model.mjs";

const SCOPES = {
  http: { name: "@opentelemetry/instrumentation-http", version: "0.203.0" },
  pg: { name: "@opentelemetry/instrumentation-pg", version: "0.56.0" },
};
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;

export class ShopTraces {
  #random;
  #timeUnixNano;
  #stepNanos;

  /** Traces start `stepNanos` apart, from `startUnixNano` on. */
  constructor({ seed, startUnixNano, stepNanos }) {
    this.#random = new Random(seed);
    this.#timeUnixNano = startUnixNano;
    this.#stepNanos = stepNanos;
  }

  /**
   * An ExportTraceServiceRequest with traces of at least `spanCount` spans together, as a Collector sends them on, and
   * how many spans there are.
   */
  request(spanCount) {
    const resourceSpans = [];
    let spans = 0;
    while (spans < spanCount) spans += this.#trace(resourceSpans);
    return { bytes: encode(PROTOCOLS.traces.request, { resourceSpans }), spans };
  }

  /** Requests as the processes themselves send them: each with `spanCount` spans of one process. */
  requestsOfProcesses(count, spanCount) {
    const waiting = new Map();
    const requests = [];
    while (requests.length < count) {
      const resourceSpans = [];
      this.#trace(resourceSpans);
      for (const { resource, scopeSpans } of resourceSpans) {
        const spans = waiting.get(resource) ?? [];
        waiting.set(resource, spans);
        for (const one of scopeSpans) spans.push(...one.spans.map((span) => ({ scope: one.scope, span })));
        if (spans.length >= spanCount) requests.push(requestOfProcess(resource, spans.splice(0, spanCount)));
      }
    }
    return requests.slice(0, count);
  }

  #trace(resourceSpans) {
    this.#timeUnixNano += this.#stepNanos;
    const random = this.#random;
    const trace = { id: random.bytes(16), user: random.skewed(200_000), spans: new Map(), count: 0 };
    const entry = SERVICES[random.skewed(3)];
    this.#serve(trace, entry, undefined, this.#timeUnixNano, 0);
    for (const [resource, { http, pg }] of trace.spans) {
      const scopeSpans = [{ scope: SCOPES.http, spans: http }];
      if (pg.length > 0) scopeSpans.push({ scope: SCOPES.pg, spans: pg });
      resourceSpans.push({ resource, scopeSpans });
    }
    return trace.count;
  }

  /** A request served by a service, with its queries and its calls to others. Returns when it ended. */
  #serve(trace, service, parent, start, depth) {
    const random = this.#random;
    const resource = service.resources[random.below(3)];
    const { method, route, medianMs } = service.routes[random.skewed(8)];
    const status = random.next() < 0.02 ? 500 : random.next() < 0.03 ? 404 : 200;
    const id = random.bytes(8);
    let at = start + nanosOf(random.logNormal(0.2));
    const queries = random.below(3);
    for (let i = 0; i < queries; i++) at = this.#query(trace, service, resource, id, at);
    const calls = depth >= 4 ? 0 : random.below(depth === 0 ? 4 : 3);
    for (let i = 0; i < calls; i++) at = this.#call(trace, random.of(SERVICES), resource, id, at, depth);
    const end = at + nanosOf(random.logNormal(medianMs));
    const path = route.replace("{id}", String(random.skewed(500_000)));
    const agent = depth === 0 ? random.of(USER_AGENTS) : "undici";
    spansOf(trace, resource).http.push({
      ...spanOf(trace, id, parent, `${method} ${route}`, SERVER, start, end),
      attributes: [
        string("http.request.method", method),
        string("url.scheme", "https"),
        string("url.path", path),
        string("http.route", route),
        int("http.response.status_code", status),
        string("network.protocol.version", "1.1"),
        string("server.address", `${service.name}.shop.svc`),
        int("server.port", 8080),
        string("client.address", `10.${random.below(4)}.${random.below(32)}.${random.below(250)}`),
        int("network.peer.port", 30_000 + random.below(30_000)),
        string("user_agent.original", agent),
        string("user.id", `u${trace.user}`),
        int("http.response.body.size", Math.round(random.logNormal(1_800, 1))),
        string("thread.name", "main"),
      ],
      ...(status === 500 ? { status: { code: 2, message: "upstream timed out" }, events: [exceptionAt(end)] } : {}),
    });
    return end;
  }

  #call(trace, service, resource, parent, start, depth) {
    const id = this.#random.bytes(8);
    const { method, route } = service.routes[this.#random.skewed(8)];
    const end = this.#serve(trace, service, id, start + 300_000n, depth + 1) + 200_000n;
    spansOf(trace, resource).http.push({
      ...spanOf(trace, id, parent, method, CLIENT, start, end),
      attributes: [
        string("http.request.method", method),
        string("url.full", `https://${service.name}.shop.svc:8080${route}`),
        int("http.response.status_code", 200),
        string("server.address", `${service.name}.shop.svc`),
        int("server.port", 8080),
        string("network.protocol.version", "1.1"),
        string("network.peer.address", `10.0.${SERVICES.indexOf(service)}.${this.#random.below(3)}`),
        int("network.peer.port", 8080),
        string("url.template", route),
        string("user_agent.original", "undici"),
        int("http.request.resend_count", 0),
        string("peer.service", service.name),
        string("user.id", `u${trace.user}`),
        string("thread.name", "main"),
      ],
    });
    return end;
  }

  #query(trace, service, resource, parent, start) {
    const random = this.#random;
    const { operation, table, text } = service.statements[random.skewed(6)];
    const end = start + nanosOf(random.logNormal(1.5));
    spansOf(trace, resource).pg.push({
      ...spanOf(
        trace,
        random.bytes(8),
        parent,
        `${operation} ${table}`,
        random.below(50) === 0 ? INTERNAL : CLIENT,
        start,
        end,
      ),
      attributes: [
        string("db.system.name", "postgresql"),
        string("db.namespace", `${service.name}_db`),
        string("db.operation.name", operation),
        string("db.collection.name", table),
        string("db.query.text", text),
        string("server.address", `pg-${service.name}.shop.svc`),
        int("server.port", 5432),
        string("db.user", service.name),
        int("db.response.returned_rows", random.skewed(100)),
        string("network.peer.address", `10.0.200.${random.below(5)}`),
        string("network.transport", "tcp"),
        string("db.postgresql.plan", "index"),
        string("user.id", `u${trace.user}`),
        string("thread.name", "main"),
      ],
    });
    return end;
  }
}

function requestOfProcess(resource, spans) {
  const scopeSpans = Object.values(SCOPES).map((scope) => ({
    scope,
    spans: spans.filter((one) => one.scope === scope).map(({ span }) => span),
  }));
  const resourceSpans = [{ resource, scopeSpans }];
  return { bytes: encode(PROTOCOLS.traces.request, { resourceSpans }), spans: spans.length };
}

function spanOf(trace, spanId, parentSpanId, name, kind, start, end) {
  trace.count++;
  return {
    traceId: trace.id,
    spanId,
    parentSpanId: parentSpanId ?? new Uint8Array(0),
    name,
    kind,
    flags: 0x101,
    startTimeUnixNano: start,
    endTimeUnixNano: end,
    status: {},
  };
}

function spansOf(trace, resource) {
  let spans = trace.spans.get(resource);
  if (spans === undefined) trace.spans.set(resource, (spans = { http: [], pg: [] }));
  return spans;
}

function exceptionAt(timeUnixNano) {
  return {
    timeUnixNano,
    name: "exception",
    attributes: [
      string("exception.type", "TimeoutError"),
      string("exception.message", "upstream timed out"),
      string("exception.stacktrace", "TimeoutError: upstream timed out\n    at Client.request (client.js:88:11)"),
    ],
  };
}

function nanosOf(milliseconds) {
  return BigInt(Math.round(milliseconds * 1e6));
}
