import { Labels, type VectorPoint } from "@clew/query";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TemplateError } from "./template-error.ts";
import { alertData, Template } from "./template.ts";

const LABELS = { instance: "db-1:9100", job: "node" };

async function expanded(
  text: string,
  value = 0.25,
  answers: Readonly<Record<string, readonly VectorPoint[]>> = {},
): Promise<string> {
  const data = alertData({
    labels: Object.entries(LABELS),
    externalLabels: [["cluster", "eu"]],
    externalUrl: "http://clew:16686",
    value,
  });
  return Template.forAlert("Test", text).expand(data, {
    timeMs: 1_700_000_000_000,
    externalUrl: "http://clew:16686",
    query: async (query) => answers[query] ?? [],
  });
}

test.each([
  ["{{ $labels.instance }} of {{ $labels.job }} is {{ $value }}", "db-1:9100 of node is 0.25"],
  [
    "{{ $labels.absent }}|{{ .Labels.job }}|{{ $externalLabels.cluster }}|{{ $externalURL }}",
    "|node|eu|http://clew:16686",
  ],
  ["{{- $value | humanizePercentage -}}  !", "25%!"],
  ["{{/* nothing */}}a{{- /* nor here */ -}} b", "ab"],
  ['{{ if eq $labels.job "node" }}yes{{ else }}no{{ end }}', "yes"],
  ["{{ if gt $value 1.0 }}high{{ else if gt $value 0.2 }}middle{{ else }}low{{ end }}", "middle"],
  ["{{ with $labels.absent }}there{{ else }}not there{{ end }}", "not there"],
  ["{{ range $name, $value := $labels }}{{ $name }}={{ $value }};{{ end }}", "instance=db-1:9100;job=node;"],
  ['{{ range $i, $_ := $labels }}{{ if eq $i "job" }}{{ break }}{{ end }}{{ $i }}{{ end }}', "instance"],
  ["{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"],
  [
    '{{ printf "%.2f|%5.1f|%-6s|%06.2f|%d|%q|%+d|%x" $value $value "ab" $value 7 "q" 3 255 }}',
    '0.25|  0.2|ab    |000.25|7|"q"|+3|ff',
  ],
  ['{{ printf "%d %s %v" $value 3 }}', "%!d(float64=0.25) %!s(int=3) %!v(MISSING)"],
  ['{{ printf "%s" "a" 5 }}', "a%!(EXTRA int=5)"],
  ["{{ 1e6 }} {{ 123456.5 }} {{ 1e-5 }} {{ 12 }}", "1e+06 123456.5 1e-05 12"],
  ['{{ and 1 0 2 }} {{ or 0 "" 3 }} {{ not true }} {{ len "abc" }} {{ index $labels "job" }}', "0 3 false 3 node"],
  [
    "{{ humanize 0.12 }}:{{ humanize1024 0.12 }}:{{ humanize -1234.0 }}:{{ humanizeDuration -183845.0 }}",
    "120m:0.12:-1.234k:-2d 3h 4m 5s",
  ],
  [
    "{{ humanizeDuration 899.99 }}:{{ humanizeDuration 0.12345 }}:{{ humanizeDuration 0.0001 }}",
    "14m 59s:123.5ms:100us",
  ],
  ['{{ (toTime 1e9).UTC.Year }} {{ (toTime 1e9).Format "15:04 Jan _2" }}', "2001 01:46 Sep  9"],
])("%s becomes %s", async (text, wanted) => {
  expect(await expanded(text)).toBe(wanted);
});

test("queries are answered wherever they stand, also in what another answered", async () => {
  const up = (instance: string, value: number): VectorPoint => ({ labels: Labels.of({ instance }), value });
  const answers = {
    up: [up("b", 1), up("a", 0)],
    'load{instance="a"}': [up("a", 7)],
    'load{instance="b"}': [up("b", 8)],
  };
  const text =
    '{{ range query "up" | sortByLabel "instance" }}{{ .Labels.instance }}:{{ .Value }}:' +
    '{{ printf "load{instance=%q}" .Labels.instance | query | first | value }} {{ end }}';
  expect(await expanded(text, 1, answers)).toBe("a:0:7 b:1:8 ");
});

test.each([
  ["{{ $lab }}", 'template: __alert_Test:1: undefined variable "$lab"'],
  ["{{ foo }}", 'template: __alert_Test:1: function "foo" not defined'],
  ["{{ if }}", "template: __alert_Test:1: missing value for if"],
  ["{{ if true }}", "template: __alert_Test:1: unexpected EOF"],
  ["\n{{ end }}", "template: __alert_Test:2: unexpected {{end}}"],
  ["{{ 1 | 2 }}", "template: __alert_Test:1: non executable command in pipeline stage 2"],
  ['{{ "x }}', "template: __alert_Test:1: unterminated quoted string"],
  ["{{ ($value }}", "template: __alert_Test:1: unclosed left paren"],
])("%s can't be read: %s", (text, wanted) => {
  expect(() => Template.forAlert("Test", text)).toThrow(wanted);
});

test.each([
  ["{{ $labels.job.x }}", "can't evaluate field x in type string"],
  ['{{ humanize "one" }}', 'error calling humanize: strconv.ParseFloat: parsing "one": invalid syntax'],
  ["{{ if gt $value 1 }}{{ end }}", "error calling gt: incompatible types for comparison"],
  ["{{ toUpper }}", "wrong number of args for toUpper: want 1 got 0"],
  ["{{ toUpper 1 }}", "expected string; found 1"],
  ["{{ toUpper $value }}", "wrong type for value; expected string; got float64"],
  ['{{ reReplaceAll "(" "" "x" }}', "error parsing regexp"],
  ['{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', "exceeded maximum template depth"],
  ["{{ range 999999 }}0123456789{{ end }}", "the text is longer than 1000000 characters"],
])("%s fails with: %s", async (text, wanted) => {
  await expect(expanded(text)).rejects.toThrow(wanted);
});

test("no text makes the reader or the executor throw anything but a template's error", async () => {
  const part = fc.constantFrom(
    ..."{{ }} {{- -}} if else end range with define template block break $x := $ . .a ( ) | , 1 -1.5e3 \"a\" `b` 'c' \\ \n printf query first and len index".split(
      " ",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 12 }), async (parts) => {
      const outcome = await expanded(parts.join(" ")).catch((error: unknown) =>
        error instanceof TemplateError ? "refused" : error,
      );
      expect(outcome).toBeTypeOf("string");
    }),
    { numRuns: 3_000 },
  );
});
