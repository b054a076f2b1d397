import { TelemetryView, type MessageView, type Payload } from "@clew/otlp";
import type { Consumer } from "../consumer.ts";
import { metricKey } from "./stream-key.ts";
import type { StreamChange, StreamStates } from "./stream-states.ts";

/** Converts a metric in place and returns whether anything of it is left. `keyOf` gives what its points' keys begin with. */
export type ConvertMetric<State> = (metric: MessageView, keyOf: () => string, change: StreamChange<State>) => boolean;

/**
 * Converts every metric of a payload by what is known of its streams, and hands on what is
 * left. Where that is not taken, the states are as they were, and it rejects.
 */
export async function convertStreams<State>(
  payload: Payload,
  states: StreamStates<State>,
  next: Consumer,
  convert: ConvertMetric<State>,
): Promise<void> {
  const view = new TelemetryView(payload);
  const change = states.begin();
  view.retain({
    record: (metric, scope, resource) => convert(metric, () => metricKey(metric, scope, resource), change),
  });
  const converted = view.payload();
  if (converted === undefined) return;
  try {
    await next.consume(converted);
  } catch (error) {
    change.undo();
    throw error;
  }
}
