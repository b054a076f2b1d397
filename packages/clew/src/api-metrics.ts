/** What Prometheus's API counts of itself, among the collector's own metrics, by Prometheus's names where it has some. */
import type { Meter } from "@clew/collector";
import type { ApiCounts } from "@clew/server";

/** Registers them. The returned function ends them. */
export function observeApi(counts: ApiCounts, meter: Meter): () => void {
  const ends = [
    meter.gauge(
      "prometheus_remote_read_handler_queries",
      "Remote reads that are being answered, or wait for their turn.",
      {},
      () => counts.remoteReads,
    ),
    meter.observedCounter(
      "clew_remote_read_over_limit",
      "Remote reads that were refused because they wanted more samples than one may have.",
      {},
      () => counts.remoteReadsOverLimit,
    ),
    meter.observedCounter(
      "prometheus_web_federation_errors",
      "Requests of federation that failed.",
      {},
      () => counts.federationErrors,
    ),
    meter.observedCounter(
      "prometheus_api_remote_write_invalid_labels_samples",
      "Samples of remote write that were left out for their series' labels.",
      {},
      () => counts.invalidLabelSamples,
    ),
  ];
  return () => ends.forEach((end) => end());
}
