/** `prometheus_notifications_*` and `alertmanager_*`: what becomes of alerts, among the program's own metrics. */
import type { Meter } from "@clew/collector";
import { type AlertmanagerSender, type EmbeddedAlertmanager, QUEUE_CAPACITY } from "@clew/rules";

/** Registers those of a sender. The returned functions end them. */
export function observeSender(sender: AlertmanagerSender, meter: Meter): readonly (() => void)[] {
  const labels = { alertmanager: sender.url };
  const { counts } = sender;
  const counter = (name: string, help: string, read: () => number): (() => void) =>
    meter.observedCounter(`prometheus_notifications_${name}_total`, help, labels, read);
  return [
    counter("sent", "Total number of alerts sent.", () => counts.sent),
    counter("errors", "Total number of sent alerts affected by errors.", () => counts.errors),
    counter(
      "dropped",
      "Total number of alerts dropped due to errors when sending to Alertmanager.",
      () => counts.dropped,
    ),
    meter.gauge(
      "prometheus_notifications_queue_length",
      "The number of alert notifications in the queue.",
      labels,
      () => sender.queueLength,
    ),
    meter.gauge(
      "prometheus_notifications_queue_capacity",
      "The capacity of the alert notifications queue.",
      {},
      () => QUEUE_CAPACITY,
    ),
  ];
}

/** Registers how many there are. The returned function ends that. */
export function observeDiscovered(count: () => number, meter: Meter): () => void {
  const help = "The number of alertmanagers discovered and active.";
  return meter.gauge("prometheus_notifications_alertmanagers_discovered", help, {}, count);
}

/** Registers those of the one in the program. The returned functions end them. */
export function observeAlertmanager(manager: EmbeddedAlertmanager, meter: Meter): readonly (() => void)[] {
  const ends = Object.entries(manager.counts).flatMap(([integration, counts]) => [
    meter.observedCounter(
      "alertmanager_notifications_total",
      "The total number of attempted notifications.",
      { integration },
      () => counts.sent + counts.failed,
    ),
    meter.observedCounter(
      "alertmanager_notifications_failed_total",
      "The total number of failed notifications.",
      { integration },
      () => counts.failed,
    ),
  ]);
  const dropped = "Alerts that were left out, because too many were kept already.";
  return [
    ...ends,
    meter.observedCounter("clew_alertmanager_dropped_alerts", dropped, {}, () => manager.droppedAlerts),
    ...(["active", "pending", "expired"] as const).map((state) =>
      meter.gauge("alertmanager_silences", "How many silences by state.", { state }, () => {
        return manager.silences.all.filter((silence) => manager.silences.stateOf(silence) === state).length;
      }),
    ),
  ];
}
