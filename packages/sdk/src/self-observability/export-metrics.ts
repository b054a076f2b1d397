import type { Attributes, Histogram } from "@opentelemetry/api";
import type { Signal } from "@clew/otlp";
import type { SdkObserver } from "./sdk-observer.ts";

/** How the conventions call what an exporter sends, and its unit. */
const ITEMS: Readonly<Record<Signal, readonly [name: string, unit: string, component: string]>> = {
  traces: ["span", "{span}", "span"],
  metrics: ["metric_data_point", "{data_point}", "metric"],
  logs: ["log", "{log_record}", "log"],
};

export interface ExporterIdentity {
  readonly signal: Signal;
  /** `grpc`, `http` or `http_json`. */
  readonly transport: string;
  readonly url: URL;
}

/** Counts what an OTLP exporter sends; tells it once somebody wants to know. */
export class ExportMetrics {
  readonly #identity: ExporterIdentity;
  #inFlight = 0;
  // Error type, empty for none --> items
  readonly #exported = new Map<string, number>();
  #attributes: Attributes = {};
  #duration: Histogram | undefined;

  constructor(identity: ExporterIdentity) {
    this.#identity = identity;
  }

  /** An export of so many items begins. What is returned is called with the type of its error, if it failed. */
  begin(itemCount: number): (errorType?: string) => void {
    const startMs = performance.now();
    this.#inFlight += itemCount;
    return (errorType = "") => {
      this.#inFlight -= itemCount;
      this.#exported.set(errorType, (this.#exported.get(errorType) ?? 0) + itemCount);
      this.#duration?.record((performance.now() - startMs) / 1_000, this.#with(errorType));
    };
  }

  observeWith(observer: SdkObserver): void {
    const { signal, transport, url } = this.#identity;
    const [item, unit, noun] = ITEMS[signal];
    this.#attributes = {
      ...observer.component(`otlp_${transport}_${noun}_exporter`),
      "server.address": url.hostname,
      ...(url.port !== "" && { "server.port": Number(url.port) }),
    };
    observer.upDownCounter(
      `otel.sdk.exporter.${item}.inflight`,
      unit,
      "What was passed to the exporter, but not exported yet.",
      () => [{ value: this.#inFlight, attributes: this.#attributes }],
    );
    observer.counter(`otel.sdk.exporter.${item}.exported`, unit, "What was exported, successfully or not.", () =>
      [...this.#exported].map(([errorType, value]) => ({ value, attributes: this.#with(errorType) })),
    );
    this.#duration = observer.meter.createHistogram("otel.sdk.exporter.operation.duration", {
      unit: "s",
      description: "The duration of exporting a batch of telemetry records.",
    });
  }

  #with(errorType: string): Attributes {
    return errorType === "" ? this.#attributes : { ...this.#attributes, "error.type": errorType };
  }
}
