/** Posts notifications to Slack's incoming webhooks, and to what takes the same. */
import type { SlackConfig, SlackText } from "../config/alertmanager-config.ts";
import { type Notifier, NotifyError } from "../notification.ts";
import type { NotificationTemplates } from "../notification-templates.ts";
import { postNotification, secretText } from "./http-answer.ts";

const TIMEOUT_MS = 10_000;
/** Slack shows no more of a title. */
const MAX_TITLE_LENGTH = 1_024;

export function slackNotifier(name: string, config: SlackConfig, templates: NotificationTemplates): Notifier {
  for (const text of Object.values(config.texts)) templates.check(text);
  for (const { title, value } of config.fields) for (const text of [title, value]) templates.check(text);
  return {
    kind: "slack",
    name,
    sendResolved: config.sendResolved,
    async notify(notification, signal) {
      const expanded = (template: string): string => templates.text(template, notification);
      const text = (key: SlackText): string => expanded(config.texts[key]);
      const attachment = withoutEmpty({
        title: shortened(text("title")),
        title_link: text("title_link"),
        pretext: text("pretext"),
        text: text("text"),
        fallback: text("fallback"),
        callback_id: text("callback_id"),
        fields: config.fields.map(({ title, value, short }) => ({
          title: expanded(title),
          value: expanded(value),
          short,
        })),
        image_url: text("image_url"),
        thumb_url: text("thumb_url"),
        footer: text("footer"),
        color: text("color"),
        mrkdwn_in: config.mrkdwnIn,
      });
      const channel = text("channel");
      const message = withoutEmpty({
        channel,
        username: text("username"),
        icon_emoji: text("icon_emoji"),
        icon_url: text("icon_url"),
        link_names: config.linkNames || undefined,
        attachments: [attachment],
      });
      const answer = await postNotification(await secretText(config.apiUrl), message, config.http, TIMEOUT_MS, signal);
      checkAnswer(answer.contentType, answer.text, channel);
    },
  };
}

/** Slack refuses with 200, too. */
function checkAnswer(contentType: string, text: string, channel: string): void {
  const where = `channel ${JSON.stringify(channel)}`;
  if (!contentType.startsWith("application/json")) {
    if (text !== "ok") throw new NotifyError(`${where}: received an error response from Slack: ${text}`, false);
    return;
  }
  const { ok, error } = JSON.parse(text) as { readonly ok?: boolean; readonly error?: string };
  if (ok !== true) throw new NotifyError(`${where}: error response from Slack: ${error ?? text}`, false);
}

function shortened(title: string): string {
  const characters = Array.from(title);
  return characters.length <= MAX_TITLE_LENGTH ? title : `${characters.slice(0, MAX_TITLE_LENGTH - 1).join("")}…`;
}

function withoutEmpty(fields: Readonly<Record<string, unknown>>): object {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}
