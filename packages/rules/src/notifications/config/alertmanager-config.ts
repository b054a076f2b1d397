/**
 * Where alerts go, in the syntax of Alertmanager's configuration. What is not there is not offered.
 *
 * https://prometheus.io/docs/alerting/latest/configuration/
 */
import type { LabelMatcher } from "@clew/query";

export interface AlertmanagerConfig {
  readonly route: Route;
  readonly receivers: ReadonlyMap<string, ReceiverConfig>;
  readonly inhibitRules: readonly InhibitRule[];
  /** Patterns of files that define templates. */
  readonly templates: readonly string[];
}

/** A node of the tree in which an alert finds its receivers; settings of those above are in it. */
export interface Route {
  readonly receiver: string;
  readonly matchers: readonly LabelMatcher[];
  /** Labels whose values an alert shares with others of its group; undefined for all. */
  readonly groupBy: readonly string[] | undefined;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Whether its siblings are looked at, too. */
  readonly continues: boolean;
  readonly routes: readonly Route[];
  /** Its matchers and those above, as Alertmanager's group keys have them. */
  readonly key: string;
}

export interface InhibitRule {
  readonly sourceMatchers: readonly LabelMatcher[];
  readonly targetMatchers: readonly LabelMatcher[];
  readonly equal: readonly string[];
}

export interface ReceiverConfig {
  readonly name: string;
  readonly webhooks: readonly WebhookConfig[];
  readonly slacks: readonly SlackConfig[];
  readonly emails: readonly EmailConfig[];
}

/** A text that may stand in a file, which is read whenever it is needed. */
export type Secret = { readonly text: string } | { readonly file: string };

export interface HttpConfig {
  readonly basicAuth: { readonly username: string; readonly password: Secret } | undefined;
  readonly authorization: { readonly type: string; readonly credentials: Secret } | undefined;
}

export interface WebhookConfig {
  readonly sendResolved: boolean;
  readonly url: Secret;
  readonly http: HttpConfig;
  /** 0 for any number. */
  readonly maxAlerts: number;
  readonly timeoutMs: number;
}

export interface SlackField {
  readonly title: string;
  readonly value: string;
  readonly short: boolean;
}

/** Texts are templates. */
export interface SlackConfig {
  readonly sendResolved: boolean;
  readonly apiUrl: Secret;
  readonly http: HttpConfig;
  readonly texts: Readonly<Record<SlackText, string>>;
  readonly fields: readonly SlackField[];
  readonly linkNames: boolean;
  readonly mrkdwnIn: readonly string[];
}

export const SLACK_TEXTS = [
  "channel",
  "username",
  "icon_emoji",
  "icon_url",
  "color",
  "title",
  "title_link",
  "pretext",
  "text",
  "fallback",
  "callback_id",
  "image_url",
  "thumb_url",
  "footer",
] as const;
export type SlackText = (typeof SLACK_TEXTS)[number];

/** Texts are templates. */
export interface EmailConfig {
  readonly sendResolved: boolean;
  readonly to: string;
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly hello: string;
  readonly username: string;
  readonly password: Secret | undefined;
  readonly requireTls: boolean;
  readonly implicitTls: boolean;
  readonly insecureSkipVerify: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  readonly text: string;
}
