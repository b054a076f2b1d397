/** What Prometheus's configuration says of Alertmanagers: where they are, how they are reached, and what they are told. */
import { ClewError } from "@clew/base";
import {
  checkAddresses,
  type DiscoveryConfig,
  discoveryFields,
  withKnownDiscovery,
} from "../discovery/discovery-config.ts";
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "../http-client/http-client-config.ts";
import { prometheusDuration } from "../prometheus/values.ts";
import { relabelConfig, type RelabelConfig } from "../relabel/relabel-config.ts";
import { Place } from "../schema/place.ts";
import { field, list, oneOf, optional, section, string, type Schema, anything } from "../schema/schema.ts";

export interface AlertmanagerConfig extends HttpClientConfig, DiscoveryConfig {
  readonly scheme: "http" | "https";
  readonly path_prefix: string;
  readonly timeout: number;
  readonly api_version: string;
  readonly relabel_configs: readonly RelabelConfig[];
  readonly alert_relabel_configs: readonly RelabelConfig[];
  readonly sigv4: unknown;
}

export interface AlertingConfig {
  readonly alert_relabel_configs: readonly RelabelConfig[];
  readonly alertmanagers: readonly AlertmanagerConfig[];
}

const alertmanager: Schema<AlertmanagerConfig> = withKnownDiscovery(
  section<AlertmanagerConfig>(
    {
      scheme: field(oneOf("http", "https"), "http", "The scheme."),
      path_prefix: field(string, "", "Stands before the path of the API."),
      timeout: field(prometheusDuration, "10s", "How long it may take to answer."),
      api_version: field(string, "v2", "The API that is spoken; only v2."),
      relabel_configs: field(list(relabelConfig), undefined, "Rules for the Alertmanagers that are found."),
      alert_relabel_configs: field(list(relabelConfig), undefined, "Rules for the alerts that they are told of."),
      sigv4: field(optional(anything), undefined, "Not supported."),
      ...httpClientFields,
      ...discoveryFields,
    },
    (config, place) => {
      const { api_version: version, sigv4 } = config;
      if (version !== "v2")
        place.at("api_version").problem(`expected Alertmanager api version to be one of [v2] but got ${version}`);
      if (sigv4 !== undefined)
        place.at("sigv4").problem("AWS's signatures are not supported", "use a proxy that signs");
      checkHttpClient(config, place);
      if (config.relabel_configs.length === 0) checkAddresses(config, place);
    },
  ),
);

const alerting: Schema<AlertingConfig> = section<AlertingConfig>({
  alert_relabel_configs: field(list(relabelConfig), undefined, "Rules for all alerts."),
  alertmanagers: field(list(alertmanager), undefined, "Who is told of alerts."),
});

/** The section `alerting`. Throws `CONFIG_INVALID` with the setting. */
export function readAlerting(raw: unknown): AlertingConfig {
  return checked(raw, alerting, "alerting");
}

/** An Alertmanager by its address, which may have a path, a user and a password. */
export function alertmanagerAt(address: string): AlertmanagerConfig {
  const { protocol, host, pathname, username, password } = new URL(address);
  const raw = {
    scheme: protocol.replace(":", ""),
    path_prefix: pathname,
    static_configs: [{ targets: [host] }],
    ...(username === ""
      ? {}
      : { basic_auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }),
  };
  return checked(raw, alertmanager, address);
}

function checked<T>(raw: unknown, schema: Schema<T>, path: string): T {
  const place = new Place(path, []);
  const read = schema.read(raw ?? {}, place);
  const [problem] = place.problems;
  if (problem === undefined) return read;
  throw new ClewError("CONFIG_INVALID", problem.what, { path: problem.path, remedy: problem.remedy });
}
