/** Posts notifications as JSON, Alertmanager's payload of version 4. */
import type { WebhookConfig } from "../config/alertmanager-config.ts";
import { fingerprint } from "../fingerprint.ts";
import { commonPairs, type NotifiedAlert, type Notification, type Notifier, statusOf } from "../notification.ts";
import type { NotificationTemplates } from "../notification-templates.ts";
import { postNotification, secretText } from "./http-answer.ts";

/** Go's zero time, which stands for "not yet". */
const NOT_YET = "0001-01-01T00:00:00Z";

export function webhookNotifier(name: string, config: WebhookConfig, templates: NotificationTemplates): Notifier {
  if ("text" in config.url) templates.check(config.url.text);
  return {
    kind: "webhook",
    name,
    sendResolved: config.sendResolved,
    async notify(notification, signal) {
      const url = templates.text(await secretText(config.url), notification);
      await postNotification(url, payload(notification, config.maxAlerts), config.http, config.timeoutMs, signal);
    },
  };
}

function payload(
  { receiver, groupKey, groupLabels, alerts: all, externalUrl }: Notification,
  maxAlerts: number,
): object {
  const alerts = maxAlerts === 0 ? all : all.slice(0, maxAlerts);
  return {
    receiver: receiver.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&"),
    status: statusOf(alerts),
    alerts: alerts.map(alertJson),
    groupLabels: groupLabels.toObject(),
    commonLabels: Object.fromEntries(commonPairs(alerts.map(({ labels }) => labels))),
    commonAnnotations: Object.fromEntries(commonPairs(alerts.map(({ annotations }) => annotations))),
    externalURL: externalUrl,
    version: "4",
    groupKey,
    truncatedAlerts: all.length - alerts.length,
  };
}

function alertJson({ labels, annotations, isResolved, startsAtMs, endsAtMs, generatorUrl }: NotifiedAlert): object {
  return {
    status: isResolved ? "resolved" : "firing",
    labels: labels.toObject(),
    annotations: Object.fromEntries(annotations),
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: isResolved ? new Date(endsAtMs).toISOString() : NOT_YET,
    generatorURL: generatorUrl,
    fingerprint: fingerprint(labels),
  };
}
