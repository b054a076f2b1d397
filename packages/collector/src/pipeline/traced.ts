/** The collector's own spans, under its names. Written once, for every component; none of it is there unless it traces itself. */
import { SIGNALS, type Payload, type Signal } from "@clew/otlp";
import type { Exporter } from "../component.ts";
import { isPermanent, type Consumer, type Consumers } from "../consumer.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { ITEMS } from "./items.ts";

const RECEIVED: Readonly<Record<Signal, string>> = {
  traces: "TraceDataReceived",
  metrics: "MetricsReceived",
  logs: "LogsReceived",
};

/** `receiver/otlp/TraceDataReceived`, from when a request was read until it is answered. */
export function tracedReceiver(tracer: Tracer | undefined, id: string, transport: string, next: Consumers): Consumers {
  if (tracer === undefined) return next;
  const traced: Partial<Record<Signal, Consumer>> = {};
  for (const signal of SIGNALS) {
    const consumer = next[signal];
    if (consumer === undefined) continue;
    traced[signal] = {
      ...consumer,
      consume: (payload) =>
        tracer.span(
          `receiver/${id}/${RECEIVED[signal]}`,
          { transport },
          () => consumer.consume(payload),
          (error) => receivedAttributes(payload, error),
        ),
    };
  }
  return traced;
}

function receivedAttributes({ counts, signal }: Payload, error: unknown): Record<string, number> {
  const outcome = error === undefined ? "accepted" : isPermanent(error) ? "failed" : "refused";
  const items = (of: string): number => (of === outcome ? counts.items : 0);
  return Object.fromEntries(["accepted", "refused", "failed"].map((one) => [`${one}_${ITEMS[signal]}`, items(one)]));
}

/** Events of the span under way: when the processor got something. */
export function tracedProcessorInput(tracer: Tracer | undefined, id: string, processor: Consumer): Consumer {
  return tracer === undefined ? processor : withEvent(tracer, "Start processing.", id, processor);
}

/** … and when it handed it on. */
export function tracedProcessorOutput(tracer: Tracer | undefined, id: string, next: Consumer): Consumer {
  return tracer === undefined ? next : withEvent(tracer, "End processing.", id, next);
}

function withEvent(tracer: Tracer, name: string, processor: string, consumer: Consumer): Consumer {
  return {
    ...consumer,
    consume(payload) {
      tracer.event(name, { processor });
      return consumer.consume(payload);
    },
  };
}

/** `exporter/debug/traces`, for exporters that do not trace what they deliver themselves. */
export function tracedExporter(
  tracer: Tracer | undefined,
  id: string,
  exporter: Exporter,
  consumer: Consumer,
): Consumer {
  if (tracer === undefined || exporter.countsDeliveries === true) return consumer;
  return {
    ...consumer,
    consume(payload) {
      tracer.carry(payload);
      return tracedDelivery(tracer, id, payload, () => consumer.consume(payload));
    },
  };
}

/** The delivery of a payload by an exporter, below the span that was under way when it was put into its queue. */
export function tracedDelivery(
  tracer: Tracer | undefined,
  id: string,
  payload: Payload,
  deliver: () => Promise<void>,
): Promise<void> {
  if (tracer === undefined) return deliver();
  const { counts, signal } = payload;
  return tracer.spanFor(payload, `exporter/${id}/${signal}`, { exporter: id, data_type: signal }, deliver, (error) => ({
    "items.sent": error === undefined ? counts.items : 0,
    "items.failed": error === undefined ? 0 : counts.items,
  }));
}
