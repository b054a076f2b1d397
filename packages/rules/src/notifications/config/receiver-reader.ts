import type { StrictYaml, YamlMap } from "../../file/strict-yaml.ts";
import {
  type EmailConfig,
  type HttpConfig,
  type ReceiverConfig,
  type Secret,
  SLACK_TEXTS,
  type SlackConfig,
  type SlackText,
  type WebhookConfig,
} from "./alertmanager-config.ts";

export const GLOBAL_KEYS: string =
  "resolve_timeout http_config slack_api_url slack_api_url_file smtp_from smtp_hello smtp_smarthost " +
  "smtp_auth_username smtp_auth_password smtp_auth_password_file smtp_require_tls smtp_force_implicit_tls smtp_tls_config";
const RECEIVER_KEYS = "name webhook_configs slack_configs email_configs";
/** What Alertmanager has and this has not. */
const OTHER_RECEIVERS =
  /^(?:discord|incidentio|jira|mattermost|msteams|msteamsv2|opsgenie|pagerduty|pushover|rocketchat|sns|telegram|victorops|webex|wechat)_configs$/;
const WEBHOOK_KEYS = "send_resolved http_config url url_file max_alerts timeout";
const SLACK_KEYS = `send_resolved http_config api_url api_url_file fields short_fields link_names mrkdwn_in ${SLACK_TEXTS.join(" ")}`;
const EMAIL_KEYS =
  "send_resolved to from smarthost hello auth_username auth_password auth_password_file require_tls force_implicit_tls " +
  "tls_config headers html text";
const HTTP_KEYS = "basic_auth authorization";
const TLS_KEYS = "insecure_skip_verify";

const POST_TIMEOUT_MS = 10_000;
const IMPLICIT_TLS_PORT = 465;
/** What Slack is told unless the configuration says otherwise: templates by these names. */
const SLACK_DEFAULTS: Readonly<Partial<Record<SlackText, string>>> = {
  username: "username",
  color: "color",
  title: "title",
  title_link: "titlelink",
  icon_emoji: "iconemoji",
  icon_url: "iconurl",
  pretext: "pretext",
  text: "text",
  fallback: "fallback",
  callback_id: "callbackid",
  footer: "footer",
};

/** Reads receivers; what they do not say stands in `global`. */
export class ReceiverReader {
  readonly #yaml: StrictYaml;
  readonly #global: YamlMap;

  constructor(yaml: StrictYaml, global: YamlMap) {
    this.#yaml = yaml;
    this.#global = global;
  }

  /** Throws an `Error` in Alertmanager's words. */
  read(map: YamlMap): ReceiverConfig {
    const yaml = this.#yaml;
    this.#refuseOthers(map);
    const node = yaml.checked(map, RECEIVER_KEYS, "config.plain");
    const name = yaml.string(node, "name");
    if (name === "") throw new Error("missing name in receiver");
    return {
      name,
      webhooks: yaml.maps(node, "webhook_configs").map((one) => this.#webhook(one)),
      slacks: yaml.maps(node, "slack_configs").map((one) => this.#slack(one)),
      emails: yaml.maps(node, "email_configs").map((one) => this.#email(one)),
    };
  }

  #refuseOthers(map: YamlMap): void {
    const other = (map?.items ?? []).map(({ key }) => String(key)).find((key) => OTHER_RECEIVERS.test(key));
    if (other !== undefined)
      throw new Error(
        `${other} is not offered: use webhook_configs, slack_configs or email_configs, or an Alertmanager with --alertmanager-url`,
      );
  }

  #webhook(map: YamlMap): WebhookConfig {
    const yaml = this.#yaml;
    const node = yaml.checked(map, WEBHOOK_KEYS, "webhook.plain");
    const url = this.#secret(node, "url");
    if (url === undefined) throw new Error("one of url or url_file must be configured");
    return {
      sendResolved: yaml.boolean(node, "send_resolved", true),
      url,
      http: this.#http(node),
      maxAlerts: yaml.float(node, "max_alerts"),
      timeoutMs: yaml.duration(node, "timeout") || POST_TIMEOUT_MS,
    };
  }

  #slack(map: YamlMap): SlackConfig {
    const yaml = this.#yaml;
    const node = yaml.checked(map, SLACK_KEYS, "config.plain");
    const apiUrl = this.#secret(node, "api_url") ?? this.#secret(this.#global, "slack_api_url");
    if (apiUrl === undefined) throw new Error("no Slack API URL nor App token set either inline or in a file");
    const text = (key: SlackText): string => {
      const name = SLACK_DEFAULTS[key];
      return yaml.has(node, key) || name === undefined
        ? yaml.string(node, key)
        : `{{ template "slack.default.${name}" . }}`;
    };
    const short = yaml.boolean(node, "short_fields", false);
    return {
      sendResolved: yaml.boolean(node, "send_resolved", false),
      apiUrl,
      http: this.#http(node),
      texts: Object.fromEntries(SLACK_TEXTS.map((key) => [key, text(key)])) as Record<SlackText, string>,
      fields: yaml.maps(node, "fields").map((one) => {
        const field = yaml.checked(one, "title value short", "config.plain");
        if (yaml.string(field, "title") === "") throw new Error("missing title in Slack field configuration");
        if (yaml.string(field, "value") === "") throw new Error("missing value in Slack field configuration");
        return {
          title: yaml.string(field, "title"),
          value: yaml.string(field, "value"),
          short: yaml.boolean(field, "short", short),
        };
      }),
      linkNames: yaml.boolean(node, "link_names", false),
      mrkdwnIn: yaml.has(node, "mrkdwn_in") ? yaml.texts(node, "mrkdwn_in") : ["fallback", "pretext", "text"],
    };
  }

  #email(map: YamlMap): EmailConfig {
    const yaml = this.#yaml;
    const node = yaml.checked(map, EMAIL_KEYS, "config.plain");
    const text = (key: string, global: string): string => yaml.string(node, key) || yaml.string(this.#global, global);
    const smarthost = text("smarthost", "smtp_smarthost");
    if (yaml.string(node, "to") === "") throw new Error("missing to address in email config");
    if (smarthost === "") throw new Error("no global SMTP smarthost set");
    const from = text("from", "smtp_from");
    if (from === "") throw new Error("no global SMTP from set");
    const { host, port } = hostAndPort(smarthost);
    const tls = yaml.map(node, "tls_config") ?? yaml.map(this.#global, "smtp_tls_config");
    const isImplicit = yaml.boolean(this.#global, "smtp_force_implicit_tls", port === IMPLICIT_TLS_PORT);
    return {
      sendResolved: yaml.boolean(node, "send_resolved", false),
      to: yaml.string(node, "to"),
      from,
      host,
      port,
      hello: text("hello", "smtp_hello") || "localhost",
      username: text("auth_username", "smtp_auth_username"),
      password: this.#secret(node, "auth_password") ?? this.#secret(this.#global, "smtp_auth_password"),
      requireTls: yaml.boolean(node, "require_tls", yaml.boolean(this.#global, "smtp_require_tls", true)),
      implicitTls: yaml.boolean(node, "force_implicit_tls", isImplicit),
      insecureSkipVerify: yaml.boolean(yaml.checked(tls, TLS_KEYS, "config.TLSConfig"), "insecure_skip_verify", false),
      headers: headersOf(yaml.strings(node, "headers")),
      html: yaml.has(node, "html") ? yaml.string(node, "html") : '{{ template "email.default.html" . }}',
      text: yaml.string(node, "text"),
    };
  }

  #http(node: YamlMap): HttpConfig {
    const yaml = this.#yaml;
    const map = yaml.map(node, "http_config") ?? yaml.map(this.#global, "http_config");
    const http = yaml.checked(map, HTTP_KEYS, "config.HTTPClientConfig");
    const basic = yaml.checked(yaml.map(http, "basic_auth"), "username password password_file", "config.BasicAuth");
    const bearer = yaml.checked(
      yaml.map(http, "authorization"),
      "type credentials credentials_file",
      "config.Authorization",
    );
    const nothing = { text: "" };
    return {
      basicAuth: basic && {
        username: yaml.string(basic, "username"),
        password: this.#secret(basic, "password") ?? nothing,
      },
      authorization: bearer && {
        type: yaml.string(bearer, "type") || "Bearer",
        credentials: this.#secret(bearer, "credentials") ?? nothing,
      },
    };
  }

  /** What stands under the key, or in the file that `…_file` names. */
  #secret(node: YamlMap, key: string): Secret | undefined {
    const yaml = this.#yaml;
    const text = yaml.string(node, key);
    const file = yaml.string(node, `${key}_file`);
    if (text !== "" && file !== "") throw new Error(`at most one of ${key} & ${key}_file must be configured`);
    if (file !== "") return { file };
    return text === "" ? undefined : { text };
  }
}

/** Names as Go writes those of headers; no name twice. */
function headersOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const named = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase().replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase()), value] as const,
  );
  const repeated = named.find(([name], i) => named.findIndex(([other]) => other === name) < i);
  if (repeated !== undefined) throw new Error(`duplicate header "${repeated[0]}" in email config`);
  return Object.fromEntries(named);
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(address);
  if (found === null) throw new Error(`address ${JSON.stringify(address)}: expected host:port`);
  return { host: found[1] ?? found[2] ?? "", port: Number(found[3]) };
}
