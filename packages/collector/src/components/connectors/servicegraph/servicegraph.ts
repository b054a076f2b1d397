import { nanosOf } from "@clew/base";
import { TelemetryView, type AttributesView, type MessageView, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { Consumer } from "../../../consumer.ts";
import {
  ExplicitHistogram,
  ExponentialHistogram,
  type RecordedHistogram,
} from "../../../metrics/duration-histogram.ts";
import { PeriodicMetrics } from "../../../metrics/periodic-metrics.ts";
import { asString } from "../../../ottl/go-json.ts";
import type { Counter } from "../../../telemetry/meter.ts";
import type { ServicegraphConfig } from "./config.ts";
import { EdgeStore, type ConnectionType, type Edge } from "./edge-store.ts";

const DEFAULT_BUCKETS_S = [0.002, 0.004, 0.006, 0.008, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 1.4, 2, 5, 10, 15];
const CUMULATIVE = 2;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;
/** Series that got nothing for so long are told no more. */
const STALE_MS = 15 * 60_000;

interface Series {
  readonly attributes: readonly (readonly [string, string | boolean])[];
  readonly startUnixNano: bigint;
  lastSeenMs: number;
  requests: bigint;
  failed: bigint;
  readonly client: RecordedHistogram;
  readonly server: RecordedHistogram;
}

/** Pairs the two spans of each request and measures which service calls which. */
export class Servicegraph implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: ServicegraphConfig;
  readonly #databaseNames: readonly string[];
  readonly #store: EdgeStore;
  readonly #periodic: PeriodicMetrics;
  readonly #series = new Map<string, Series>();
  readonly #dropped: Counter;
  readonly #total: Counter;
  readonly #expired: Counter;
  #stop: () => void = () => {};

  constructor(settings: Settings, config: ServicegraphConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    const { database_name_attribute: one, database_name_attributes: names } = config;
    this.#databaseNames = one === "" ? names : [one];
    this.#store = new EdgeStore({
      maxItems: config.store.max_items,
      ttlMs: config.store.ttl,
      onComplete: (edge) => this.#aggregate(edge),
      onExpire: (edge) => this.#expire(edge),
    });
    this.#periodic = new PeriodicMetrics({
      settings,
      next,
      intervalMs: config.metrics_flush_interval,
      keepsRefused: false,
      collect: () => this.#collect(),
    });
    const count = (name: string, help: string): Counter =>
      settings.meter.counter(`otelcol_connector_servicegraph_${name}`, help, { connector: settings.id });
    this.#dropped = count("dropped_spans", "Number of spans dropped when trying to add edges");
    this.#total = count("total_edges", "Total number of unique edges");
    this.#expired = count("expired_edges", "Number of edges that expired before finding its matching span");
  }

  start(): Promise<void> {
    this.#periodic.start();
    const { clock } = this.#settings;
    const ends = [
      clock.every(this.#config.store_expiration_loop, () => this.#store.expire(clock.nowMs())),
      clock.every(this.#config.cache_loop, () => this.#forget(clock.nowMs() - STALE_MS)),
    ];
    this.#stop = () => ends.forEach((end) => end());
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#stop();
    return this.#periodic.shutdown();
  }

  /** Spans are taken once they are counted; the metrics follow. */
  async consume(payload: Payload): Promise<void> {
    const view = new TelemetryView(payload);
    for (const resource of view.resources) {
      const attributes = resource.one("resource").attributes();
      const service = attributes.get("service.name");
      if (typeof service !== "string") continue;
      for (const scope of view.scopesOf(resource))
        for (const span of view.recordsOf(scope)) this.#add(span, service, attributes);
    }
    if (this.#config.metrics_flush_interval === 0) await this.#periodic.flush();
  }

  #add(span: MessageView, service: string, resource: AttributesView): void {
    const kind = span.get("kind") as number;
    const isClient = kind === CLIENT || kind === PRODUCER;
    if (!isClient && kind !== SERVER && kind !== CONSUMER) return;
    const id = span.get(isClient ? "spanId" : "parentSpanId") as Uint8Array;
    const key = `${latin1(span.get("traceId") as Uint8Array)} ${latin1(id)}`;
    const outcome = this.#store.upsert(key, id.length === 0, this.#settings.clock.nowMs(), (edge) => {
      edge.connectionType = kind === PRODUCER || kind === CONSUMER ? "messaging_system" : edge.connectionType;
      edge.failed ||= span.has("status") && span.one("status").get("code") === ERROR;
      this.#addDimensions(edge, isClient ? "client" : "server", span, resource);
      if (isClient) this.#addClient(edge, span, service, resource);
      else {
        edge.server = service;
        edge.serverSeconds = secondsOf(span);
      }
    });
    if (outcome === "full") this.#dropped.add(1);
    if (outcome === "new") this.#total.add(1);
  }

  /** A database has no span of its own: its name and time are those that the client tells. */
  #addClient(edge: Edge, span: MessageView, service: string, resource: AttributesView): void {
    edge.client = service;
    edge.clientSeconds = secondsOf(span);
    edge.peer = first(this.#config.virtual_node_peer_attributes, [span.attributes()]);
    const database = first(this.#databaseNames, [resource, span.attributes()]);
    if (database === undefined) return;
    edge.connectionType = "database";
    edge.server = database;
    edge.serverSeconds = edge.clientSeconds;
  }

  #addDimensions(edge: Edge, side: string, span: MessageView, resource: AttributesView): void {
    for (const name of this.#config.dimensions) {
      const value = first([name], [resource, span.attributes()]);
      if (value !== undefined) edge.dimensions.set(`${side}_${name}`, value);
    }
  }

  /** Of a request whose other end never came, that end is named by what is known of it, if anything is. */
  #expire(edge: Edge): void {
    this.#expired.add(1);
    const virtual = (end: "client" | "server"): void => {
      edge.connectionType = "virtual_node";
      if (this.#config.virtual_node_extra_label) edge.dimensions.set("virtual_node", end);
      this.#aggregate(edge);
    };
    if (edge.client === "" && edge.isRoot) {
      edge.client = "user";
      virtual("client");
    } else if (edge.server === "" && edge.peer !== undefined) {
      edge.server = edge.peer;
      virtual("server");
    }
  }

  #aggregate(edge: Edge): void {
    const series = this.#seriesOf(edge);
    series.lastSeenMs = this.#settings.clock.nowMs();
    series.requests++;
    if (edge.failed) series.failed++;
    if (edge.clientSeconds !== undefined) series.client.record(edge.clientSeconds);
    if (edge.serverSeconds !== undefined) series.server.record(edge.serverSeconds);
  }

  #seriesOf({ client, server, connectionType, failed, dimensions }: Edge): Series {
    const attributes: [string, string | boolean][] = [
      ["client", client],
      ["server", server],
      ["connection_type", connectionType satisfies ConnectionType],
      ["failed", failed],
      ...dimensions,
    ];
    const key = JSON.stringify(attributes);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const nowMs = this.#settings.clock.nowMs();
    const made: Series = {
      attributes,
      startUnixNano: nanosOf(nowMs),
      lastSeenMs: nowMs,
      requests: 0n,
      failed: 0n,
      client: this.#makeHistogram(),
      server: this.#makeHistogram(),
    };
    this.#series.set(key, made);
    return made;
  }

  #makeHistogram(): RecordedHistogram {
    const { exponential_histogram_max_size: maxSize, latency_histogram_buckets: boundsMs } = this.#config;
    if (maxSize > 0) return new ExponentialHistogram(maxSize);
    return new ExplicitHistogram(boundsMs?.map((bound) => bound / 1_000) ?? DEFAULT_BUCKETS_S);
  }

  #forget(beforeMs: number): void {
    for (const [key, { lastSeenMs }] of this.#series) if (lastSeenMs < beforeMs) this.#series.delete(key);
  }

  #collect(): object[] {
    const all = [...this.#series.values()];
    if (all.length === 0) return [];
    const timeUnixNano = nanosOf(this.#settings.clock.nowMs());
    const points = (series: readonly Series[], fields: (one: Series) => object): object[] =>
      series.map((one) => ({
        attributes: one.attributes.map(([key, value]) => ({
          key,
          value: typeof value === "string" ? { stringValue: value } : { boolValue: value },
        })),
        startTimeUnixNano: one.startUnixNano,
        timeUnixNano,
        ...fields(one),
      }));
    const sum = (name: string, series: readonly Series[], value: (one: Series) => bigint): object => ({
      name: `traces_service_graph_${name}`,
      sum: {
        aggregationTemporality: CUMULATIVE,
        isMonotonic: true,
        dataPoints: points(series, (one) => ({ asInt: value(one) })),
      },
    });
    const histogram = (side: "client" | "server"): object => ({
      name: `traces_service_graph_request_${side}_seconds`,
      unit: "s",
      [all[0]![side].data]: {
        aggregationTemporality: CUMULATIVE,
        dataPoints: points(all, (one) => one[side].fields()),
      },
    });
    const failed = all.filter((one) => one.failed > 0n);
    const metrics = [
      sum("request_total", all, ({ requests }) => requests),
      ...(failed.length === 0 ? [] : [sum("request_failed_total", failed, (one) => one.failed)]),
      histogram("server"),
      histogram("client"),
    ];
    return [{ scopeMetrics: [{ scope: { name: "traces_service_graph" }, metrics }] }];
  }
}

function first(names: readonly string[], sources: readonly AttributesView[]): string | undefined {
  for (const name of names) {
    for (const source of sources) {
      const value = source.get(name);
      if (value !== undefined) return asString(value);
    }
  }
  return undefined;
}

function secondsOf(span: MessageView): number {
  return Number((span.get("endTimeUnixNano") as bigint) - (span.get("startTimeUnixNano") as bigint)) / 1e9;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
