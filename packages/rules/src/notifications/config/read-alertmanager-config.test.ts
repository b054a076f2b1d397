import { Labels } from "@clew/query";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { groupLabelsOf, routesOf } from "../routing.ts";
import { parseMatchers } from "./parse-matchers.ts";
import { readAlertmanagerConfig } from "./read-alertmanager-config.ts";

const CONFIG = `
global:
  smtp_smarthost: mail.example.com:587
  smtp_from: clew@example.com
  slack_api_url: http://slack/hook
  http_config: {authorization: {credentials: token}}
templates: [templates/*.tmpl]
route:
  receiver: team
  group_by: [alertname, job]
  group_wait: 10s
  routes:
  - matchers: [severity="page", 'team=~"a|b"']
    receiver: pager
    repeat_interval: 1h
    continue: true
    routes:
    - match_re: {env: dev.*}
      receiver: nobody
      group_by: ['...']
  - match: {severity: page}
    receiver: mail
receivers:
- {name: nobody}
- name: team
  slack_configs: [{channel: '#alerts', fields: [{title: a, value: b}]}]
- name: pager
  webhook_configs: [{url: http://pager/, max_alerts: 3, send_resolved: false}]
- name: mail
  email_configs: [{to: me@example.com, headers: {reply-to: you@example.com}}]
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: ['severity=~"warning|info"'], equal: [job]}
`;

test("settings go down the tree, defaults are Alertmanager's", () => {
  const { route, receivers, inhibitRules, templates } = readAlertmanagerConfig(CONFIG);
  expect(route).toMatchObject({
    groupWaitMs: 10_000,
    groupIntervalMs: 300_000,
    repeatIntervalMs: 14_400_000,
    key: "{}",
  });
  const [pager, mail] = route.routes;
  expect(pager).toMatchObject({
    receiver: "pager",
    groupBy: ["alertname", "job"],
    repeatIntervalMs: 3_600_000,
    groupWaitMs: 10_000,
  });
  expect(pager?.routes[0]).toMatchObject({
    groupBy: undefined,
    key: '{}/{severity="page",team=~"a|b"}/{env=~"dev.*"}',
    repeatIntervalMs: 3_600_000,
  });
  expect(mail?.continues).toBe(false);
  expect(receivers.get("team")?.slacks[0]).toMatchObject({
    sendResolved: false,
    apiUrl: { text: "http://slack/hook" },
    http: { authorization: { type: "Bearer", credentials: { text: "token" } } },
  });
  expect(receivers.get("mail")?.emails[0]).toMatchObject({
    host: "mail.example.com",
    port: 587,
    requireTls: true,
    implicitTls: false,
    from: "clew@example.com",
    headers: { "Reply-To": "you@example.com" },
  });
  expect(inhibitRules[0]?.equal).toEqual(["job"]);
  expect(templates).toEqual(["templates/*.tmpl"]);
});

test.each([
  [{ severity: "info" }, ["team"]],
  [{ severity: "page", team: "a" }, ["pager", "mail"]],
  [{ severity: "page", team: "a", env: "dev1" }, ["nobody", "mail"]],
  [{ severity: "page", team: "ab" }, ["mail"]],
])("an alert with %j goes to %j", (labels, wanted) => {
  const { route } = readAlertmanagerConfig(CONFIG);
  expect(routesOf(route, Labels.of(labels)).map(({ receiver }) => receiver)).toEqual(wanted);
});

test("a group has the labels that its route names, or all", () => {
  const { route } = readAlertmanagerConfig(CONFIG);
  const labels = Labels.of({ alertname: "A", job: "j", instance: "i" });
  expect(groupLabelsOf(route, labels).toString()).toBe('{alertname="A", job="j"}');
  expect(groupLabelsOf({ ...route, groupBy: undefined }, labels)).toBe(labels);
});

test.each([
  ["receivers: []", "no routes provided"],
  ["route: {}", "root route must specify a default receiver"],
  ["route: {receiver: a, matchers: [a=b]}", "root route must not have any matchers"],
  ["route: {receiver: a}", 'undefined receiver "a" used in route'],
  ["route: {receiver: a}\nreceivers: [{name: a}, {name: a}]", 'notification config name "a" is not unique'],
  ["route: {receiver: a, group_by: [x, x]}\nreceivers: [{name: a}]", 'duplicated label "x" in group_by'],
  ["route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]", "group_interval cannot be zero"],
  ["route: {receiver: a, routes: [{matchers: ['a b']}]}\nreceivers: [{name: a}]", "bad matcher format: a b"],
  [
    "route: {receiver: a}\nreceivers: [{name: a, pagerduty_configs: []}]",
    "pagerduty_configs is not offered: use webhook_configs",
  ],
  ["route: {receiver: a}\nreceivers: [{name: a, email_configs: [{to: b}]}]", "no global SMTP smarthost set"],
  [
    "route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{}]}]",
    "no Slack API URL nor App token set either inline or in a file",
  ],
  [
    "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: x, url_file: y}]}]",
    "at most one of url & url_file must be configured",
  ],
  [
    "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: x, colour: y}]}]",
    "line 2: field colour not found in type webhook.plain",
  ],
])("%s is refused: %s", (text, error) => {
  expect(() => readAlertmanagerConfig(text)).toThrow(error);
});

test.each([
  [
    '{foo = "bar", dings != "bums", }',
    [
      ["foo", "=", "bar"],
      ["dings", "!=", "bums"],
    ],
  ],
  [
    "foo=bar,dings!=bums",
    [
      ["foo", "=", "bar"],
      ["dings", "!=", "bums"],
    ],
  ],
  ['{quote="She said: \\"Hi, you\\""}', [["quote", "=", 'She said: "Hi, you"']]],
  ['statuscode=~"5.."', [["statuscode", "=~", "5.."]]],
  ['"my.label"!~"a|b"', [["my.label", "!~", "a|b"]]],
  ["a=", [["a", "=", ""]]],
])("%s is read as matchers", (text, wanted) => {
  expect(parseMatchers(text).map(({ name, operator, value }) => [name, operator, value])).toEqual(wanted);
});

test("aliases and merged keys are followed", () => {
  const { receivers } = readAlertmanagerConfig(`
route: {receiver: a}
receivers:
- {name: a, webhook_configs: [&hook {url: http://a/, max_alerts: 5}]}
- {name: b, webhook_configs: [{<<: *hook, url: http://b/}, *hook]}
`);
  expect(receivers.get("b")?.webhooks).toMatchObject([
    { url: { text: "http://b/" }, maxAlerts: 5 },
    { url: { text: "http://a/" }, maxAlerts: 5 },
  ]);
});

test("no text makes the reader throw anything but an error that tells what is wrong", () => {
  const part = fc.constantFrom(
    ...'route: |receiver: a|receivers:|- name: a|webhook_configs: |[|]|{|}|, |&x |*x |<<: |matchers: |"|~|email_configs: |to: |\n|  '.split(
      "|",
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 16 }), (parts) => {
      let thrown: unknown;
      try {
        readAlertmanagerConfig(parts.join(""));
      } catch (error) {
        thrown = error;
      }
      expect((thrown as Error | undefined)?.message ?? "read").not.toMatch(
        /undefined \(|is not a function|Cannot read|Maximum call/,
      );
    }),
    { numRuns: 1_000 },
  );
});
