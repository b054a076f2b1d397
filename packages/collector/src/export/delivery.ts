import { formatDuration, messageOf, sleep } from "@clew/base";
import type { Payload } from "@clew/otlp";
import type { Settings } from "../component.ts";
import { ConsumeError, isPermanent } from "../consumer.ts";
import type { SenderConfig } from "./sender-config.ts";

/** Where an exporter sends. */
export interface Destination {
  /** Reads what it needs, such as certificates. */
  open?(): Promise<void>;
  /** Sends one payload, once. Gives up when `signal` aborts. Rejects with a `ConsumeError`. */
  send(payload: Payload, signal: AbortSignal): Promise<void>;
  /** Ends its connections. Safe to call twice. */
  close?(): Promise<void>;
}

export interface DeliverySettings {
  readonly settings: Settings;
  readonly config: SenderConfig;
  readonly destination: Destination;
  /** Aborted when the exporter stops: what is in hand gets no more than one attempt then. */
  readonly stopping: AbortSignal;
  /** Whether what is given up would be lost, so that it is not. */
  readonly neverGivesUp: boolean;
}

/** Attempts, each with a timeout, and waits between them that grow. Resolves once the payload was delivered. */
export async function deliver(payload: Payload, delivery: DeliverySettings): Promise<void> {
  const { settings, config, stopping, neverGivesUp } = delivery;
  const { retry_on_failure: retry } = config;
  const startMs = settings.clock.nowMs();
  let intervalMs = retry.initial_interval;
  for (;;) {
    try {
      return await attemptOnce(payload, delivery);
    } catch (error) {
      if (isPermanent(error)) throw given(payload, error, settings, "Exporting failed. Dropping data.");
      if (!retry.enabled) throw given(payload, error, settings, "Exporting failed. Rejecting data.");
      const delayMs = delayOf(intervalMs, delivery, error);
      const elapsedMs = settings.clock.nowMs() - startMs + delayMs;
      if (!neverGivesUp && retry.max_elapsed_time > 0 && elapsedMs > retry.max_elapsed_time)
        throw given(payload, error, settings, "Exporting failed. Dropping data.", "no more retries left: ");
      if (stopping.aborted) throw interrupted(payload, error, delivery);
      const fields = { error: messageOf(error), interval: formatDuration(delayMs) };
      settings.logger.info("Exporting failed. Will retry the request after interval.", fields);
      await sleep(settings.clock, delayMs, stopping);
      if (neverGivesUp && stopping.aborted) throw interrupted(payload, error, delivery);
      intervalMs = Math.min(intervalMs * retry.multiplier, retry.max_interval);
    }
  }
}

async function attemptOnce(payload: Payload, { settings, config, destination }: DeliverySettings): Promise<void> {
  const timeout = new AbortController();
  const cancel = config.timeout === 0 ? () => {} : settings.clock.after(config.timeout, () => timeout.abort());
  try {
    await destination.send(payload, timeout.signal);
  } finally {
    cancel();
  }
}

/** Varied around the interval, but never before the time that the receiver asked for. */
function delayOf(intervalMs: number, { config, settings }: DeliverySettings, error: unknown): number {
  const factor = config.retry_on_failure.randomization_factor;
  const varied = intervalMs * (1 - factor + 2 * factor * settings.random());
  const asked = error instanceof ConsumeError ? (error.retryAfterMs ?? 0) : 0;
  return Math.round(Math.max(varied, asked));
}

function interrupted(payload: Payload, error: unknown, { settings, neverGivesUp }: DeliverySettings): unknown {
  const prefix = "interrupted due to shutdown: ";
  if (!neverGivesUp) return given(payload, error, settings, "Exporting failed. Dropping data.", prefix);
  settings.logger.info("Exporting was interrupted. The request stays in the storage.", { error: messageOf(error) });
  return failure(prefix + messageOf(error), error, settings);
}

function given(payload: Payload, error: unknown, settings: Settings, message: string, prefix = ""): unknown {
  const text = prefix + messageOf(error);
  settings.logger.error(message, { error: text, dropped_items: payload.counts.items });
  return prefix === "" ? error : failure(text, error, settings);
}

function failure(text: string, cause: unknown, { path }: Settings): ConsumeError {
  return new ConsumeError("EXPORT_FAILED", text, { permanent: false, path, cause });
}
