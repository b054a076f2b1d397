/** Scrapes one target, again and again. */
import { ClewError, messageOf } from "@clew/base";
import type { Consumer } from "../../../consumer.ts";
import type { Settings } from "../../../component.ts";
import { Appender } from "./appender.ts";
import { parseProtobuf } from "./exposition/protobuf.ts";
import { parseOpenMetrics, parseText } from "./exposition/text.ts";
import type { FetchedPage, HttpClient } from "../../../http-client/http-client.ts";
import { labelsText, type Labels } from "../../../relabel/labels.ts";
import { SCRAPE_PROTOCOLS, type ScrapeConfig, type ScrapeProtocol } from "./scrape-config.ts";
import type { ScrapedTarget } from "./scraped-targets.ts";
import type { Target } from "./target.ts";

const MEDIA_TYPES: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
  "OpenMetricsText1.0.0": "application/openmetrics-text;version=1.0.0",
  "OpenMetricsText0.0.1": "application/openmetrics-text;version=0.0.1",
  "PrometheusText1.0.0": "text/plain;version=1.0.0",
  "PrometheusText0.0.4": "text/plain;version=0.0.4",
};
const VERSION_1 = new Set<ScrapeProtocol>(["PrometheusProto", "OpenMetricsText1.0.0", "PrometheusText1.0.0"]);
/** A target that is gone may come back under the same name: its end is told after so many intervals. */
const INTERVALS_UNTIL_STALE = 2;

export interface ScrapeLoopSettings {
  readonly settings: Settings;
  readonly config: ScrapeConfig;
  readonly target: Target;
  readonly client: HttpClient;
  readonly externalLabels: Labels;
  readonly trimSuffixes: boolean;
  readonly initialOffsetMs: number;
  readonly next: Consumer;
}

export class ScrapeLoop {
  readonly #loop: ScrapeLoopSettings;
  readonly #appender: Appender;
  readonly #accept: string;
  readonly #abort = new AbortController();
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #hasLeft: (() => void) | undefined;
  #isStopped = false;
  #lastScrapeMs: number | undefined;
  #lastScrapeSeconds = 0;
  #lastError = "";

  constructor(loop: ScrapeLoopSettings) {
    const { config, target } = loop;
    this.#loop = loop;
    this.#accept = acceptHeader(config);
    this.#appender = new Appender({
      targetLabels: target.labels,
      discoveredLabels: target.discovered,
      externalLabels: loop.externalLabels,
      metricRelabelConfigs: config.metric_relabel_configs,
      honorLabels: config.honor_labels,
      honorTimestamps: config.honor_timestamps,
      trackTimestampsStaleness: config.track_timestamps_staleness,
      trimSuffixes: loop.trimSuffixes,
      limits: {
        samples: config.sample_limit ?? 0,
        labels: config.label_limit ?? 0,
        labelNameLength: config.label_name_length_limit ?? 0,
        labelValueLength: config.label_value_length_limit ?? 0,
      },
    });
  }

  state(): ScrapedTarget {
    const { url, labels, discovered, intervalMs, timeoutMs } = this.#loop.target;
    return {
      url,
      labels,
      discovered,
      intervalMs,
      timeoutMs,
      lastScrapeMs: this.#lastScrapeMs,
      lastScrapeSeconds: this.#lastScrapeSeconds,
      lastError: this.#lastError,
      isUp: this.#lastScrapeMs === undefined ? undefined : this.#lastError === "",
      metadata: this.#appender.metadata(),
    };
  }

  start(): void {
    this.#schedule(this.#loop.initialOffsetMs + this.#untilOwnTimeMs());
  }

  /** Scrapes once, now. Never rejects: what goes wrong is logged, and told by `up`. */
  scrape(): Promise<void> {
    this.#running ??= this.#scrape()
      .catch(this.#loop.settings.report)
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Stops at once, and resolves when what was scraped was handed on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#abort.abort();
    await this.#running;
    this.#hasLeft?.();
  }

  /** Stops because the target is gone. Resolves once the end of its series is marked, or `stop` was called. */
  async leave(): Promise<void> {
    this.#cancelTimer?.();
    await this.#running;
    if (this.#isStopped) return;
    const { settings, target } = this.#loop;
    await new Promise<void>((resolve) => {
      this.#hasLeft = resolve;
      this.#cancelTimer = settings.clock.after(INTERVALS_UNTIL_STALE * target.intervalMs, resolve);
    });
    if (this.#isStopped) return;
    this.#running = this.#markEnd();
    await this.#running;
  }

  /** Targets take their turns over the interval, each at the same time in every one. */
  #untilOwnTimeMs(): number {
    const { settings, target } = this.#loop;
    const own = hash(target.key) % target.intervalMs;
    const into = settings.clock.nowMs() % target.intervalMs;
    return own >= into ? own - into : own - into + target.intervalMs;
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    const { clock, report } = this.#loop.settings;
    this.#cancelTimer = clock.after(delayMs, () => {
      const dueMs = clock.nowMs();
      this.scrape()
        .then(() => this.#schedule(Math.max(0, this.#loop.target.intervalMs - (clock.nowMs() - dueMs))))
        .catch(report);
    });
  }

  async #scrape(): Promise<void> {
    const { settings, target, config } = this.#loop;
    const startMs = settings.clock.nowMs();
    this.#appender.begin(Math.floor(startMs));
    const outcome = await this.#fetch().then(
      (page) => ({ error: this.#read(page), bytes: page.body.length }),
      (error: unknown) => ({ error, bytes: 0 }),
    );
    if (this.#abort.signal.aborted) return;
    this.#lastScrapeMs = startMs;
    this.#lastScrapeSeconds = (settings.clock.nowMs() - startMs) / 1_000;
    this.#lastError = outcome.error === undefined ? "" : reasonOf(outcome.error);
    if (outcome.error !== undefined) this.#fail(this.#lastError);
    this.#report("up", outcome.error === undefined ? 1 : 0);
    this.#report("scrape_duration_seconds", this.#lastScrapeSeconds);
    const { scraped, kept, added } = this.#appender.counts;
    this.#report("scrape_samples_scraped", scraped);
    this.#report("scrape_samples_post_metric_relabeling", kept);
    this.#report("scrape_series_added", added);
    if (config.extra_scrape_metrics === true) {
      this.#report("scrape_timeout_seconds", target.timeoutMs / 1_000);
      this.#report("scrape_sample_limit", config.sample_limit ?? 0);
      this.#report("scrape_body_size_bytes", outcome.bytes);
    }
    await this.#handOn();
  }

  #report(name: string, value: number | undefined): void {
    this.#appender.report(name, value);
  }

  async #fetch(): Promise<FetchedPage> {
    const { settings, target, config, client } = this.#loop;
    const timeout = new AbortController();
    const stop = (): void => timeout.abort();
    this.#abort.signal.addEventListener("abort", stop);
    const cancel = settings.clock.after(target.timeoutMs, stop);
    try {
      return await client.get({
        url: target.url,
        headers: {
          accept: this.#accept,
          "accept-encoding": config.enable_compression ? "gzip" : "identity",
          "user-agent": "clew-collector",
          "x-prometheus-scrape-timeout-seconds": String(target.timeoutMs / 1_000),
        },
        maxBytes: config.body_size_limit ?? 0,
        signal: timeout.signal,
      });
    } catch (error) {
      if (timeout.signal.aborted) throw new ClewError("SCRAPE_FAILED", "context deadline exceeded", { cause: error });
      throw error;
    } finally {
      cancel();
      this.#abort.signal.removeEventListener("abort", stop);
    }
  }

  /** Gives the page to the appender. Returns why it could not be taken. */
  #read({ contentType, body }: FetchedPage): unknown {
    const { config } = this.#loop;
    try {
      const protocol = protocolOf(contentType) ?? config.fallback_scrape_protocol ?? "PrometheusText0.0.4";
      if (protocol === "PrometheusProto") {
        parseProtobuf(body, this.#appender, {
          native: config.scrape_native_histograms === true,
          classicToo: config.always_scrape_classic_histograms ?? config.scrape_classic_histograms ?? false,
        });
      } else if (protocol.startsWith("OpenMetrics")) parseOpenMetrics(body.toString(), this.#appender);
      else parseText(body.toString(), this.#appender);
      this.#appender.end();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #fail(error: string): void {
    const { settings, target } = this.#loop;
    this.#appender.fail();
    settings.logger.warn("Failed to scrape Prometheus endpoint", {
      error,
      target: target.url,
      target_labels: labelsText(target.labels),
    });
  }

  async #markEnd(): Promise<void> {
    const { config, settings } = this.#loop;
    this.#appender.begin(Math.floor(settings.clock.nowMs()));
    this.#appender.fail();
    const names = ["up", "scrape_duration_seconds", "scrape_samples_scraped"];
    names.push("scrape_samples_post_metric_relabeling", "scrape_series_added");
    if (config.extra_scrape_metrics === true) {
      names.push("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes");
    }
    for (const name of names) this.#report(name, undefined);
    await this.#handOn();
  }

  async #handOn(): Promise<void> {
    const { next, settings, target } = this.#loop;
    const payload = this.#appender.payload();
    if (payload === undefined) return;
    await next.consume(payload).catch((error: unknown) => {
      settings.logger.warn("Scrape commit failed", { error: messageOf(error), target: target.url });
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ClewError ? error.what : messageOf(error);
}

/** What the target is asked for: the first protocol weighs most. */
function acceptHeader(config: ScrapeConfig): string {
  const native = config.scrape_native_histograms === true;
  const protocols = config.scrape_protocols ?? SCRAPE_PROTOCOLS.filter((one) => native || one !== "PrometheusProto");
  const escaping = config.metric_name_escaping_scheme ?? "allow-utf-8";
  const parts = protocols.map((protocol, i) => {
    const escaped = VERSION_1.has(protocol) ? `;escaping=${escaping}` : "";
    return `${MEDIA_TYPES[protocol]}${escaped};q=0.${protocols.length + 1 - i}`;
  });
  return [...parts, `*/*;q=0.1`].join(",");
}

function protocolOf(contentType: string): ScrapeProtocol | undefined {
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (type === "application/openmetrics-text") return "OpenMetricsText1.0.0";
  if (type === "application/vnd.google.protobuf") return "PrometheusProto";
  return type === "text/plain" ? "PrometheusText0.0.4" : undefined;
}

/** FNV-1a: spreads well, and stays the same over restarts. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619);
  return value >>> 0;
}
