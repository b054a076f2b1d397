import { Labels } from "@clew/query";
import { expect, test } from "vitest";
import type { NotifiedAlert, Notification } from "./notification.ts";
import { NotificationTemplates } from "./notification-templates.ts";

function alert(n: string, isResolved = false): NotifiedAlert {
  return {
    labels: Labels.of({ alertname: "Down", job: "web", n, zone: "eu" }),
    annotations: new Map([
      ["runbook", "http://r/?a=1&b=2"],
      ["summary", `<${n}>`],
    ]),
    startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    endsAtMs: Date.UTC(2026, 0, 2, 4, 4, 5),
    updatedAtMs: 0,
    generatorUrl: "http://clew/graph",
    isResolved,
  };
}

const NOTIFICATION: Notification = {
  receiver: "team",
  groupKey: "{}:{}",
  groupLabels: Labels.of({ alertname: "Down", job: "web" }),
  externalUrl: "http://clew",
  alerts: [alert("1"), alert("2"), alert("3", true)],
};
const TEMPLATES = new NotificationTemplates([
  '{{ define "mine" }}{{ .Status }}{{ end }} outside',
  '{{ define "__alertmanager" }}Ours{{ end }}',
]);

test.each([
  ["plain", "plain"],
  ["{{ .Receiver }} {{ .Status | toUpper }} {{ .ExternalURL }}", "team FIRING http://clew"],
  ["{{ len .Alerts }}:{{ .Alerts.Firing | len }}:{{ .Alerts.Resolved | len }}", "3:2:1"],
  ["{{ range .Alerts.Firing }}{{ .Labels.n }}{{ .Annotations.summary }} {{ end }}", "1<1> 2<2> "],
  ["{{ (index .Alerts 2).Status }} {{ (index .Alerts 0).Fingerprint | len }}", "resolved 16"],
  ["{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}", "alertname=Down;job=web;zone=eu;"],
  ["{{ .GroupLabels.Names.Join `,` }} {{ .CommonLabels.Values | join `-` }}", "alertname,job Down-web-eu"],
  ["{{ (.CommonLabels.Remove .GroupLabels.Names).Names | join ` ` }}", "zone"],
  [
    "{{ .CommonAnnotations.runbook }}|{{ .CommonAnnotations.summary }}|{{ .CommonLabels.absent }}",
    "http://r/?a=1&b=2||",
  ],
  [
    '{{ (index .Alerts 0).StartsAt.Format "2006-01-02 15:04" }} {{ (index .Alerts 2).EndsAt | date "15:04" }}',
    "2026-01-02 03:04 04:04",
  ],
  ["{{ (index .Alerts 0).EndsAt.IsZero }}", "true"],
  ['{{ reReplaceAll "w(.)b" "$1" "web" }} {{ match "^D" .CommonLabels.alertname }} {{ trimSpace " a " }}', "e true a"],
  ['{{ stringSlice "a" "b" | join "+" }} {{ urlUnescape "a%20b+c" }} {{ humanizeDuration 90 }}', "a+b a b c 1m 30s"],
  ['{{ template "mine" . }} {{ template "slack.default.username" . }}', "firing Ours"],
  ['{{ template "email.default.subject" . }}', "[FIRING:2] Down web (eu)"],
])("%s becomes %s", (template, wanted) => {
  expect(TEMPLATES.text(template, NOTIFICATION)).toBe(wanted);
});

test("the subject of what is over says so, and has no brackets where the group says it all", () => {
  const { groupLabels } = NOTIFICATION;
  const over = { ...NOTIFICATION, alerts: [{ ...alert("3", true), labels: groupLabels }] };
  expect(TEMPLATES.text('{{ template "slack.default.title" . }}', over)).toBe("[RESOLVED] Down web ");
});

test("in HTML what alerts say is text, unless it is called safe", () => {
  const html = "<b>{{ (index .Alerts 0).Annotations.summary }}</b>{{ safeHtml `<i>` }}{{ .CommonAnnotations.runbook }}";
  expect(TEMPLATES.html(html, NOTIFICATION)).toBe("<b>&lt;1&gt;</b><i>http://r/?a=1&amp;b=2");
});

test.each([
  ["{{ if }}", "missing value for if"],
  ["{{ query `up` }}", 'function "query" not defined'],
])("%s can't be read: %s", (template, error) => {
  expect(() => TEMPLATES.check(template)).toThrow(error);
});

test("what fails when it is expanded says where", () => {
  expect(() => TEMPLATES.text('{{ template "nowhere" . }}', NOTIFICATION)).toThrow('template "nowhere" not defined');
  expect(() => TEMPLATES.text("{{ .Nothing }}", NOTIFICATION)).toThrow(
    "can't evaluate field Nothing in type *template.Data",
  );
});
