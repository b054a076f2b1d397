import type { Settings } from "../../../component.ts";
import type { Counter } from "../../../telemetry/meter.ts";

interface Written {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

/** What the exporter tells of its work, under the Collector's names. */
export class RemoteWriteCounters {
  readonly #settings: Settings;
  readonly #labels: { readonly exporter: string; readonly endpoint: string };
  readonly #failedTranslations: Counter;
  readonly #translated: Counter;
  readonly #sentBatches: Counter;
  readonly #written: Readonly<Record<keyof Written, Counter>>;
  #endConsumers = (): void => {};

  constructor(settings: Settings, endpoint: string) {
    this.#settings = settings;
    this.#labels = { exporter: settings.id, endpoint };
    const counter = (name: string, help: string): Counter =>
      settings.meter.counter(`otelcol_exporter_prometheusremotewrite_${name}`, help, this.#labels);
    this.#failedTranslations = counter(
      "failed_translations",
      "Number of translation operations that failed to translate metrics from Otel to Prometheus",
    );
    this.#translated = counter(
      "translated_time_series",
      "Number of Prometheus time series that were translated from OTel metrics",
    );
    this.#sentBatches = counter(
      "sent_batches",
      "Number of remote write request batches sent to the remote write endpoint regardless of success or failure",
    );
    this.#written = {
      samples: counter(
        "written_samples",
        "Number of Prometheus Samples that were successfully written to the remote write endpoint",
      ),
      histograms: counter(
        "written_histograms",
        "Number of Prometheus Histograms that were successfully written to the remote write endpoint",
      ),
      exemplars: counter(
        "written_exemplars",
        "Number of Prometheus Exemplars that were successfully written to the remote write endpoint",
      ),
    };
  }

  consumers(count: number): void {
    const help = "Number of configured workers to use to fan out the outgoing requests";
    const { meter } = this.#settings;
    this.#endConsumers = meter.gauge(
      "otelcol_exporter_prometheusremotewrite_consumers",
      help,
      this.#labels,
      () => count,
    );
  }

  failedTranslation(): void {
    this.#failedTranslations.add(1);
  }

  translated(series: number): void {
    this.#translated.add(series);
  }

  sentBatch(): void {
    this.#sentBatches.add(1);
  }

  written({ samples, histograms, exemplars }: Written): void {
    this.#written.samples.add(samples);
    this.#written.histograms.add(histograms);
    this.#written.exemplars.add(exemplars);
  }

  end(): void {
    this.#endConsumers();
  }
}
