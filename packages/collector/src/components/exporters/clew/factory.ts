import type { Payload } from "@clew/otlp";
import type { ExporterFactory } from "../../../component.ts";
import type { Meter } from "../../../telemetry/meter.ts";
import { schema, type ClewConfig } from "./config.ts";

/** Where Clew keeps telemetry. `write` resolves once the payload is durable. */
export interface Sink {
  write(payload: Payload): Promise<void>;
  /** Adds its own metrics to the collector's, until the returned function is called. */
  observe?(meter: Meter): () => void;
}

/**
 * The `clew` exporter over a sink that whoever calls this owns: it is neither opened nor
 * closed here. An acknowledgement waits for the sink's.
 */
export function clewExporter(sink: Sink): ExporterFactory<ClewConfig> {
  return {
    kind: "exporter",
    type: "clew",
    stability: { traces: "beta", metrics: "beta", logs: "beta" },
    schema,
    create: ({ meter }) => {
      let end = (): void => {};
      return {
        async start() {
          end = sink.observe?.(meter) ?? end;
        },
        async shutdown() {
          end();
        },
        consume: (payload) => sink.write(payload),
      };
    },
  };
}
