/** Counts what enters a connector, and what leaves it for each pipeline. */
import type { Payload, Signal } from "@clew/otlp";
import type { Consumer } from "../consumer.ts";
import type { Counter, Meter } from "../telemetry/meter.ts";

export function observedConnector(meter: Meter, id: string, signal: Signal, connector: Consumer): Consumer {
  const labels = { connector: id, otel_signal: signal };
  return counted(
    meter.counter("otelcol_connector_consumed_items", "Number of items passed to the connector.", labels),
    {
      consume: (payload) => connector.consume(payload),
      refusal: () => connector.refusal?.(),
    },
  );
}

export function observedConnectorOutput(
  meter: Meter,
  id: string,
  signal: Signal,
  pipeline: string,
  next: Consumer,
): Consumer {
  const labels = { connector: id, otel_signal: signal, otelcol_pipeline_id: pipeline };
  return counted(
    meter.counter("otelcol_connector_produced_items", "Number of items emitted from the connector.", labels),
    {
      consume: (payload) => next.consume(payload),
      refusal: () => next.refusal?.(),
    },
  );
}

function counted(counter: Counter, consumer: Consumer): Consumer {
  return {
    ...consumer,
    consume(payload: Payload) {
      counter.add(payload.counts.items);
      return consumer.consume(payload);
    },
  };
}
