import type { ReceiverConfig } from "../config/alertmanager-config.ts";
import type { Notifier } from "../notification.ts";
import type { NotificationTemplates } from "../notification-templates.ts";
import { emailNotifier } from "./email.ts";
import { slackNotifier } from "./slack.ts";
import { webhookNotifier } from "./webhook.ts";

/** All places of a receiver. */
export function notifiersOf(receiver: ReceiverConfig, templates: NotificationTemplates): readonly Notifier[] {
  return [
    ...receiver.webhooks.map((config, i) => webhookNotifier(`webhook[${i}]`, config, templates)),
    ...receiver.slacks.map((config, i) => slackNotifier(`slack[${i}]`, config, templates)),
    ...receiver.emails.map((config, i) => emailNotifier(`email[${i}]`, config, templates)),
  ];
}
