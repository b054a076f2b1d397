/** Rule files: every fault is told and none is thrown; a file without faults has only expressions that can be read. */
import { EXPERIMENTAL_FEATURES, formatQuery } from "../packages/query/dist/index.js";
import { readRuleFile } from "../packages/rules/dist/index.js";

export const name = "rule-file";

export const seeds = [
  `groups:
  - name: example
    interval: 30s
    query_offset: 1m
    limit: 10
    labels: { team: a }
    rules:
      - record: job:http_inprogress_requests:sum
        expr: sum by (job) (http_inprogress_requests)
        labels: { level: "{{ $labels.x }}" }
      - alert: HighLatency
        expr: job:request_latency_seconds:mean5m{job="myjob"} > 0.5
        for: 10m
        keep_firing_for: 5m
        labels: { severity: page }
        annotations:
          summary: 'High {{ $value | humanize }} {{ range query "up" }}{{ .Labels.instance }}{{ end }}'
`,
  "groups: []\n",
  "a: &a [1]\ngroups:\n- name: x\n  rules: *a\n---\nb: 1\n",
].map((text) => Buffer.from(text));

export function run(bytes) {
  const { groups, errors } = readRuleFile(Buffer.from(bytes).toString("utf8"), EXPERIMENTAL_FEATURES);
  if (errors.some((error) => typeof error !== "string" || error === ""))
    throw new Error(`no words: ${JSON.stringify(errors)}`);
  if (errors.length > 0) return;
  for (const { rules } of groups) for (const { expr } of rules) formatQuery(expr, EXPERIMENTAL_FEATURES);
}
