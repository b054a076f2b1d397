import { DEFAULT_OTLP_SETTINGS } from "@clew/otlp/prometheus";
import { expect, test } from "vitest";
import { readPrometheusConfig } from "./read-prometheus-config.ts";

test("an empty file says what Prometheus's defaults are", () => {
  for (const text of ["", "otlp:\n", "global: {}\n"]) {
    const { otlp, externalLabels, unread } = readPrometheusConfig("prometheus.yml", text, {});
    expect([otlp, externalLabels.size, unread]).toEqual([DEFAULT_OTLP_SETTINGS, 0, []]);
  }
});

test("settings of otlp and external labels are read, and what is not is named", () => {
  const text = `
global:
  scrape_interval: 15s
  external_labels: { cluster: eu, replica: "\${HOSTNAME}-$N-$$", port: 1 }
storage: {}
otlp:
  translation_strategy: NoTranslation
  promote_all_resource_attributes: true
  ignore_resource_attributes: [" a ", b]
  label_name_underscore_sanitization: false
`;
  const { otlp, externalLabels, unread } = readPrometheusConfig("prometheus.yml", text, { HOSTNAME: "h" });
  expect(otlp).toEqual({
    ...DEFAULT_OTLP_SETTINGS,
    translationStrategy: "NoTranslation",
    promoteAllResourceAttributes: true,
    ignoreResourceAttributes: ["a", "b"],
    labelNameUnderscoreSanitization: false,
  });
  expect(externalLabels.toObject()).toEqual({ cluster: "eu", replica: "h--$", port: "1" });
  expect(unread).toEqual(["storage", "global::scrape_interval"]);
});

test("what is scraped is handed on without external labels, and shown without secrets", () => {
  const text = `
global: { scrape_interval: 15s, external_labels: { cluster: eu } }
scrape_configs:
  - job_name: x
    basic_auth: { username: u, password: p }
    authorization: { credentials: c }
    proxy_url: http://u:p@proxy:3128
`;
  const { scrape, unread, text: shown } = readPrometheusConfig("prometheus.yml", text, {});
  expect(scrape).toEqual({
    global: { scrape_interval: "15s" },
    scrape_configs: [
      {
        job_name: "x",
        basic_auth: { username: "u", password: "p" },
        authorization: { credentials: "c" },
        proxy_url: "http://u:p@proxy:3128",
      },
    ],
  });
  expect(unread).toEqual([]);
  expect(shown).toBe(`global:
  scrape_interval: 15s
  external_labels:
    cluster: eu
scrape_configs:
  - job_name: x
    basic_auth:
      username: u
      password: <secret>
    authorization:
      credentials: <secret>
    proxy_url: http://u:xxxxx@proxy:3128
`);
});

test("rules and Alertmanagers are read", () => {
  const text = `
global: { evaluation_interval: 30s }
rule_files: [rules/*.yml, /etc/more.yml]
alerting:
  alert_relabel_configs: [{ action: labeldrop, regex: replica }]
  alertmanagers:
    - scheme: https
      path_prefix: /am/
      static_configs: [{ targets: ["a:9093", "b:9093"] }]
    - file_sd_configs: [{ files: [am/*.json] }]
      basic_auth: { username: u, password_file: secret }
      timeout: 3s
`;
  const { rules, unread } = readPrometheusConfig("/conf/prometheus.yml", text, {});
  expect(rules).toMatchObject({
    files: ["/conf/rules/*.yml", "/etc/more.yml"],
    evaluationIntervalMs: 30_000,
    alerting: {
      alert_relabel_configs: [{ action: "labeldrop" }],
      alertmanagers: [
        { scheme: "https", path_prefix: "/am/", static_configs: [{ targets: ["a:9093", "b:9093"] }] },
        {
          file_sd_configs: [{ files: ["/conf/am/*.json"] }],
          basic_auth: { username: "u", password_file: "/conf/secret" },
          timeout: 3_000,
        },
      ],
    },
  });
  expect(unread).toEqual([]);
});

test.each([
  [
    "otlp: { translation_strategy: None }",
    "otlp::translation_strategy",
    'unsupported OTLP translation strategy "None"',
  ],
  ["otlp: { promote: [a] }", "otlp::promote", "field promote not found"],
  [
    "otlp: { promote_resource_attributes: [a, a] }",
    "otlp::promote_resource_attributes",
    'duplicated promoted OTel resource attribute "a"',
  ],
  [
    "otlp: { promote_resource_attributes: [' '] }",
    "otlp::promote_resource_attributes",
    "empty promoted OTel resource attribute",
  ],
  ["otlp: { promote_resource_attributes: a }", "otlp::promote_resource_attributes", "expected a list of texts"],
  ["otlp: { promote_scope_metadata: 1 }", "otlp::promote_scope_metadata", "expected a boolean, got 1"],
  [
    "otlp: { promote_resource_attributes: [a], promote_all_resource_attributes: true }",
    "otlp",
    "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
  ],
  [
    "otlp: { ignore_resource_attributes: [a] }",
    "otlp",
    "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
  ],
  ["global: { external_labels: { __name__: x } }", "global::external_labels::__name__", "is not a valid label name"],
  [
    "alerting: { alertmanagers: [{ api_version: v1 }] }",
    "alerting::alertmanagers::0::api_version",
    "expected Alertmanager api version to be one of [v2] but got v1",
  ],
  ["otlp: [", undefined, "Flow sequence"],
  ["[1]", undefined, "expected a mapping"],
])("%s is refused with its place", (text, path, what) => {
  const problem = { code: "PROMETHEUS_CONFIG_INVALID", message: expect.stringContaining(what) as string };
  expect(() => readPrometheusConfig("prometheus.yml", text, {})).toThrow(expect.objectContaining(problem));
  expect(() => readPrometheusConfig("prometheus.yml", text, {})).toThrow(expect.objectContaining({ path }));
});
