/** Sends alerts to an Alertmanager, as Prometheus's notifier does: `POST /api/v2/alerts`. */
import { type Clock, messageOf } from "@clew/base";
import type { PostedAlert } from "./posted-alert.ts";

/** So many alerts wait for it to answer; older ones give way to newer ones. */
export const QUEUE_CAPACITY = 10_000;
/** So many go into one request. */
const MAX_BATCH_SIZE = 256;

export interface AlertmanagerSenderSettings {
  /** Where it takes alerts: `http://host:9093/api/v2/alerts`. */
  readonly url: string;
  /** Posts JSON there. Rejects where no answer comes in time. */
  readonly post: (url: string, body: unknown) => Promise<{ readonly status: number; readonly statusText: string }>;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Takes how long each request took. */
  readonly measure: (seconds: number) => void;
}

export class AlertmanagerSender {
  readonly url: string;
  readonly counts = { sent: 0, errors: 0, dropped: 0 };
  readonly #settings: AlertmanagerSenderSettings;
  #queue: PostedAlert[] = [];
  #sending: Promise<void> | undefined;

  constructor(settings: AlertmanagerSenderSettings) {
    this.url = settings.url;
    this.#settings = settings;
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  send(alerts: readonly PostedAlert[]): void {
    for (const alert of alerts) this.#queue.push(alert);
    const excess = this.#queue.length - QUEUE_CAPACITY;
    if (excess > 0) {
      this.#queue = this.#queue.slice(excess);
      this.counts.dropped += excess;
      this.#settings.report(`Alert notification queue full, dropping ${excess} alerts for ${this.url}`);
    }
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  /** Resolves when what waits was sent, or could not be. */
  async drain(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) await this.#sendBatch(this.#queue.splice(0, MAX_BATCH_SIZE));
  }

  /** What fails is not sent again: alerts that go on firing come again within a minute. */
  async #sendBatch(batch: readonly PostedAlert[]): Promise<void> {
    const { clock, measure, report, post } = this.#settings;
    const startMs = clock.nowMs();
    try {
      const { status, statusText } = await post(this.url, batch.map(alertJson));
      if (status < 200 || status > 299) throw new Error(`bad response status ${status} ${statusText}`.trimEnd());
      this.counts.sent += batch.length;
    } catch (error) {
      this.counts.errors += batch.length;
      this.counts.dropped += batch.length;
      report(`Error sending ${batch.length} alerts to ${this.url}: ${messageOf(error)}`);
    }
    measure((clock.nowMs() - startMs) / 1000);
  }
}

function alertJson({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }: PostedAlert): object {
  return {
    annotations: Object.fromEntries(annotations),
    endsAt: new Date(endsAtMs).toISOString(),
    startsAt: new Date(startsAtMs).toISOString(),
    generatorURL: generatorUrl,
    labels: labels.toObject(),
  };
}
