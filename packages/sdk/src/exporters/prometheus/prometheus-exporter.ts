import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { negotiate, TRANSLATION_STRATEGIES, type TranslationStrategy } from "@clew/otlp/prometheus";
import { toError } from "../../common/export-result.ts";
import { untraced } from "../../common/suppress-tracing.ts";
import { type Environment, readNumber, readText } from "../../config/environment.ts";
import { MetricReader, type MetricReaderOptions } from "../../metrics/metric-reader.ts";
import { expositionText } from "./exposition-text.ts";
import { MetricFamilies } from "./metric-families.ts";

const FORMATS = ["text", "openmetrics"] as const;
const DEFAULT_PORT = 9_464;
/** What is left of a scraper's time for sending the page. */
const SENDING_MS = 500;

export interface PrometheusExporterConfig extends Pick<
  MetricReaderOptions,
  "aggregationSelector" | "cardinalitySelector" | "metricFilter" | "metricProducers"
> {
  /** `localhost`, unless given here or by `OTEL_EXPORTER_PROMETHEUS_HOST`. */
  readonly host?: string;
  /** 9464, unless given here or by `OTEL_EXPORTER_PROMETHEUS_PORT`; 0 for any that is free. */
  readonly port?: number;
  /** The path of the page. `/metrics` */
  readonly endpoint?: string;
  /** Stands before every name, joined by an underscore. */
  readonly prefix?: string;
  /** Whether samples have times of their own; Prometheus has its own when they have not. False */
  readonly appendTimestamp?: boolean;
  /** Resource attributes whose keys match become labels of every metric. */
  readonly withResourceConstantLabels?: RegExp;
  /** Leaves out the labels `otel_scope_…`. False */
  readonly withoutScopeInfo?: boolean;
  /** Leaves out the metric `target_info`. False */
  readonly withoutTargetInfo?: boolean;
  /** `UnderscoreEscapingWithSuffixes` */
  readonly translationStrategy?: TranslationStrategy;
  /** Does not listen until `startServer` is called, or at all: see `getMetricsRequestHandler`. False */
  readonly preventServerStart?: boolean;
  readonly env?: Environment;
}

/** Shows the metrics to Prometheus: each request collects, and is answered in the format that it asks for. */
export class PrometheusExporter extends MetricReader {
  readonly #host: string;
  readonly #port: number;
  readonly #endpoint: string;
  readonly #families: MetricFamilies;
  readonly #server: Server;
  #started: Promise<void> | undefined;

  /** `callback` is called when the server listens, or with the error that it cannot. */
  constructor(config: PrometheusExporterConfig = {}, callback: (error?: Error) => void = () => {}) {
    super(config);
    const env = config.env ?? process.env;
    this.#host = config.host ?? readText(env, "OTEL_EXPORTER_PROMETHEUS_HOST") ?? "localhost";
    this.#port = config.port ?? readNumber(env, "OTEL_EXPORTER_PROMETHEUS_PORT") ?? DEFAULT_PORT;
    this.#endpoint = `/${(config.endpoint ?? "metrics").replace(/^\//, "")}`;
    this.#families = new MetricFamilies({
      prefix: config.prefix ?? "",
      strategy: validStrategy(config.translationStrategy),
      appendTimestamp: config.appendTimestamp ?? false,
      resourceConstantLabels: config.withResourceConstantLabels,
      hasScopeInfo: config.withoutScopeInfo !== true,
      hasTargetInfo: config.withoutTargetInfo !== true,
    });
    // Loaded here, so that it costs nothing where nobody wants an exporter.
    const { createServer } = process.getBuiltinModule("node:http");
    // It must not keep the application alive.
    this.#server = createServer((request, response) => void this.#answer(request, response)).unref();
    if (config.preventServerStart !== true) void this.#start(callback);
    else queueMicrotask(callback);
  }

  /** The port that it listens on; `undefined` while it does not. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === "object" ? address?.port : undefined;
  }

  /** Rejects when it cannot listen, with the port in use for example. */
  startServer(): Promise<void> {
    this.#started ??= new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      try {
        untraced(() => this.#server.listen({ host: this.#host, port: this.#port }, resolve));
      } catch (thrown) {
        reject(toError(thrown));
      }
    });
    return this.#started;
  }

  stopServer(): Promise<void> {
    return new Promise((resolve) => {
      // Closing a server that does not listen is an error that says just that.
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Answers a request with the page, for a server of one's own. */
  getMetricsRequestHandler(request: IncomingMessage, response: ServerResponse): void {
    void this.#sendPage(request, response);
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return this.stopServer();
  }

  async #start(callback: (error?: Error) => void): Promise<void> {
    try {
      await this.startServer();
      callback();
    } catch (thrown) {
      diag.error(`the Prometheus exporter cannot listen on ${this.#host}:${this.#port}: ${messageOf(thrown)}`);
      callback(toError(thrown));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split("?", 1)[0];
    if (path === this.#endpoint) return this.#sendPage(request, response);
    response.writeHead(404).end();
  }

  async #sendPage({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const negotiated = negotiate(headers.accept, FORMATS);
      const { resourceMetrics, errors } = await this.collect(timeOf(headers));
      for (const thrown of errors) diag.error(`Prometheus exporter: collecting failed in part: ${messageOf(thrown)}`);
      const body = expositionText(this.#families.of(resourceMetrics), negotiated);
      response.writeHead(200, { "content-type": negotiated.contentType }).end(body);
    } catch (thrown) {
      diag.error(`Prometheus exporter: a request failed: ${messageOf(thrown)}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  }
}

/** A scraper says how long it waits: a callback that hangs must not lose the page. */
function timeOf(headers: IncomingMessage["headers"]): { timeoutMillis?: number } {
  const seconds = Number(headers["x-prometheus-scrape-timeout-seconds"]);
  if (!(seconds > 0 && seconds < Infinity)) return {};
  return { timeoutMillis: Math.max(seconds * 1_000 - SENDING_MS, (seconds * 1_000) / 2) };
}

function validStrategy(strategy: TranslationStrategy | undefined): TranslationStrategy {
  if (strategy === undefined || TRANSLATION_STRATEGIES.includes(strategy)) {
    return strategy ?? "UnderscoreEscapingWithSuffixes";
  }
  diag.warn(
    `translationStrategy is ${JSON.stringify(strategy)}, expected one of ${TRANSLATION_STRATEGIES.join(", ")}: the first is used`,
  );
  return "UnderscoreEscapingWithSuffixes";
}
