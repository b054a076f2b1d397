/** The templates that receivers use where a configuration names no others; they have the names that Alertmanager's have. */
export const DEFAULT_TEMPLATES = `
{{ define "__alertmanager" }}Clew{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}{{ end }}
{{ define "__subject" -}}
  [{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}]
  {{- printf " %s " (.GroupLabels.SortedPairs.Values | join " ") -}}
  {{- $others := .CommonLabels.Remove .GroupLabels.Names -}}
  {{- if gt (len .CommonLabels) (len .GroupLabels) }}({{ join " " $others.Values }}){{ end -}}
{{ end }}
{{ define "__pairs" }}{{ range .SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}{{ end }}
{{ define "__text_alert_list" }}{{ range . }}Labels:
{{ template "__pairs" .Labels }}Annotations:
{{ template "__pairs" .Annotations }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}
{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
{{ define "slack.default.color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end }}
{{ define "slack.default.pretext" }}{{ end }}
{{ define "slack.default.text" }}{{ end }}
{{ define "slack.default.footer" }}{{ end }}
{{ define "slack.default.callbackid" }}{{ end }}
{{ define "slack.default.iconemoji" }}{{ end }}
{{ define "slack.default.iconurl" }}{{ end }}
{{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "__html_pairs" }}{{ range .SortedPairs }}<tr><td>{{ .Name }}</td><td>{{ .Value }}</td></tr>
{{ end }}{{ end }}
{{ define "__html_alert_list" }}{{ range . }}<table cellpadding="4" style="border-left: 3px solid #999; margin: 0 0 16px 0">
{{ template "__html_pairs" .Labels }}{{ template "__html_pairs" .Annotations -}}
<tr><td colspan="2"><a href="{{ .GeneratorURL }}">Source</a></td></tr>
</table>
{{ end }}{{ end }}
{{ define "email.default.html" }}<!DOCTYPE html>
<html><body style="font-family: sans-serif">
<h2>{{ template "__subject" . }}</h2>
{{ if gt (len .Alerts.Firing) 0 }}<h3>Firing</h3>
{{ template "__html_alert_list" .Alerts.Firing }}{{ end -}}
{{ if gt (len .Alerts.Resolved) 0 }}<h3>Resolved</h3>
{{ template "__html_alert_list" .Alerts.Resolved }}{{ end -}}
<p><a href="{{ template "__alertmanagerURL" . }}">{{ template "__alertmanager" . }}</a></p>
</body></html>
{{ end }}
`;
