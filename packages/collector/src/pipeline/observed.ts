/** Counts what enters and leaves each component, under the Collector's metric names. Written once, for every component. */
import { messageOf } from "@clew/base";
import { SIGNALS, withoutBytes, type Payload, type Signal } from "@clew/otlp";
import type { Exporter } from "../component.ts";
import { ConsumeError, isPermanent, type Consumer, type Consumers } from "../consumer.ts";
import { ExporterCounters } from "./exporter-counters.ts";
import { ITEMS, NOUNS } from "./items.ts";
import type { Counter, Histogram, Meter } from "../telemetry/meter.ts";

const DURATION_BOUNDS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

/** What a receiver hands on: accepted, refused (told to try again) or failed (for good). */
export function observedReceiver(meter: Meter, id: string, transport: string, next: Consumers): Consumers {
  const labels = { receiver: id, transport };
  const observed: Partial<Record<Signal, Consumer>> = {};
  for (const signal of SIGNALS) {
    const consumer = next[signal];
    if (consumer === undefined) continue;
    const count = (outcome: string, help: string): Counter =>
      meter.counter(`otelcol_receiver_${outcome}_${ITEMS[signal]}`, `Number of ${NOUNS[signal]} ${help}.`, labels);
    const accepted = count("accepted", "successfully pushed into the pipeline");
    const refused = count("refused", "that could not be pushed into the pipeline");
    const failed = count("failed", "that failed to be processed by the receiver");
    const outcomes = new Map<string, Counter>();
    const requests = (outcome: string): Counter => {
      let counter = outcomes.get(outcome);
      if (counter === undefined) {
        const help = "Number of requests, by how they ended.";
        counter = meter.counter("otelcol_receiver_requests", help, { ...labels, outcome });
        outcomes.set(outcome, counter);
      }
      return counter;
    };
    const counted = around(
      consumer,
      (payload) => {
        requests("success").add(1);
        accepted.add(payload.counts.items);
      },
      (payload, error) => {
        requests(isPermanent(error) ? "failure" : "refused").add(1);
        (isPermanent(error) ? failed : refused).add(payload.counts.items);
      },
    );
    observed[signal] = {
      consume: (payload) => counted.consume(payload),
      // Refused unread: nobody knows how many items it held, so the request alone is counted.
      refusal() {
        const refusal = counted.refusal?.();
        if (refusal !== undefined) requests("refused").add(1);
        return refusal;
      },
    };
  }
  return observed;
}

/** What goes into a processor and comes out, and how long it works on a payload before it hands it on. */
export class ObservedProcessor {
  readonly #incoming: Counter;
  readonly #outgoing: Counter;
  readonly #duration: Histogram;
  readonly #nowMs: () => number;
  // When the call that is being made began. A processor that hands on later, as batch does, has no duration.
  #startMs: number | undefined;

  constructor(meter: Meter, id: string, signal: Signal, nowMs: () => number) {
    const labels = { processor: id, otel_signal: signal };
    const items = (direction: string, help: string): Counter =>
      meter.counter(`otelcol_processor_${direction}_items`, `Number of items ${help} the processor.`, labels);
    this.#incoming = items("incoming", "passed to");
    this.#outgoing = items("outgoing", "emitted from");
    this.#duration = meter.histogram(
      "otelcol_processor_internal_duration",
      "Duration of time taken to process a batch of telemetry data through the processor.",
      DURATION_BOUNDS_S,
      labels,
    );
    this.#nowMs = nowMs;
  }

  /** The processor, as the stage before it sees it. */
  input(processor: Consumer): Consumer {
    return {
      ...refusalOf(processor),
      consume: (payload) => {
        this.#incoming.add(payload.counts.items);
        this.#startMs = this.#nowMs();
        try {
          return processor.consume(payload);
        } finally {
          this.#startMs = undefined;
        }
      },
    };
  }

  /** The next stage, as the processor sees it. */
  output(next: Consumer): Consumer {
    return {
      ...refusalOf(next),
      consume: (payload) => {
        this.#outgoing.add(payload.counts.items);
        if (this.#startMs !== undefined) this.#duration.record((this.#nowMs() - this.#startMs) / 1_000);
        this.#startMs = undefined;
        return next.consume(payload);
      },
    };
  }
}

/** Counts what an exporter took and failed to take, unless it counts what it delivers itself. */
export function observedExporter(meter: Meter, id: string, exporter: Exporter): Consumer {
  if (exporter.countsDeliveries === true) return exporter;
  const counters = new ExporterCounters(meter, id);
  return around(
    exporter,
    (payload) => counters.sent(payload),
    (payload) => counters.failed(payload),
  );
}

function around(
  consumer: Consumer,
  taken: (payload: Payload) => void,
  refused: (payload: Payload, error: unknown) => void,
): Consumer {
  return {
    ...refusalOf(consumer),
    // Not async: what waits for the answer must not keep bytes that were handed on.
    consume(payload) {
      const told = withoutBytes(payload);
      return consumer.consume(payload).then(
        () => taken(told),
        (error: unknown) => {
          refused(told, error);
          throw error instanceof ConsumeError ? error : unexpected(error);
        },
      );
    },
  };
}

/** Errors that a component did not classify leave it open whether trying again helps. */
function unexpected(cause: unknown): ConsumeError {
  return new ConsumeError("CONSUME_FAILED", messageOf(cause), { permanent: false, cause });
}

function refusalOf(consumer: Consumer): Pick<Consumer, "refusal"> {
  return consumer.refusal === undefined ? {} : { refusal: () => consumer.refusal?.() };
}
