/** OTTL: a text that cannot be read, and one that fails on a span, is told; whatever it does, the span can be written. */
import { readFileSync } from "node:fs";
import { payloadBytes, payloadOf, payloadOfJson, TelemetryView } from "../packages/otlp/dist/index.js";
import { Context } from "../packages/collector/dist/ottl/context.js";
import { CONTEXTS } from "../packages/collector/dist/ottl/contexts.js";
import { SPAN_STANDARD_FUNCTIONS } from "../packages/collector/dist/ottl/functions/standard-functions.js";
import { OttlError } from "../packages/collector/dist/ottl/ottl-error.js";
import { compileCondition, compileStatement, OttlTextError } from "../packages/collector/dist/ottl/statement.js";
import { CHECK_ENVIRONMENT } from "../packages/collector/dist/ottl/texts-schema.js";

export const name = "ottl";

const settings = {
  context: CONTEXTS.span,
  functions: SPAN_STANDARD_FUNCTIONS,
  environment: CHECK_ENVIRONMENT,
  mayOmitContext: true,
};
const texts = (values) => ({ arrayValue: { values: values.map((stringValue) => ({ stringValue })) } });
const attributes = [
  { key: "s", value: { stringValue: 'a=1 "b" <c d="e">f</c> {"g": [1, null]}' } },
  { key: "i", value: { intValue: "9223372036854775807" } },
  { key: "d", value: { doubleValue: -0.5 } },
  { key: "l", value: texts(["x", "1", "2024-01-02"]) },
  { key: "m", value: { kvlistValue: { values: [{ key: "k", value: texts(["v"]) }] } } },
  { key: "by", value: { bytesValue: "AAECAw==" } },
  { key: "n", value: {} },
];
const span = {
  traceId: "01".repeat(16),
  spanId: "02".repeat(8),
  name: "GET /a",
  kind: 2,
  startTimeUnixNano: "1700000000000000001",
  endTimeUnixNano: "1700000001000000001",
  traceState: "a=1",
  status: { code: 2, message: "no" },
  events: [{ name: "e", timeUnixNano: "5" }],
  attributes,
};
const payload = payloadOfJson(
  "traces",
  JSON.stringify({
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: "s" }, spans: [span] }] }],
  }),
);

/** The cases of a test's script; each stands on a line of its own. */
function cases(script) {
  const path = new URL(`../packages/collector/src/ottl/scripts/${script}.txt`, import.meta.url);
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => /^[^ #]/.test(line));
}

export const seeds = [
  'set(span.attributes["r"], Concat([span.name, 1, 2.5, nil], "-")) where span.kind == SPAN_KIND_SERVER and not IsInt(attributes["s"])',
  'merge_maps(attributes, ParseJSON("{\\"a\\": [1, 2]}"), strategy="upsert") where attributes["m"]["k"][0] != nil',
  'replace_all_patterns(attributes, "value", "(a)=(\\\\d)", "$$2$$1", SHA256, "%s")',
  'set(attributes["t"], FormatTime(Time("2024-01-02 03:04", "%Y-%m-%d %H:%M", "Europe/Berlin"), "%A %j"))',
  'set(attributes["x"], ExtractGrokPatterns(attributes["s"], "%{WORD:a}=%{INT:b:int}")) where IsMatch(name, "^G")',
  'set(attributes["x"], [ParseXML(attributes["s"]), GetXML("<a b=\'c\'/>", "/a[@b]"), ParseCSV("1,2", "a,b"), ParseKeyValue("a=b")])',
  'limit(attributes, 2, []) where Len(attributes) * 2 - 1 > 3 or (true and 0x0102 < attributes["by"])',
  'set(attributes["x"], Filter(attributes["l"], (i, v) => i + 1 == 0 or Any([v], (j, w) => w == v)))',
  'set(attributes["x"], Format("%05.2f|%-4s|%x", [1.5, "a", 255])) where Duration("1h2m") > Duration("1s") and Hex(1.0) != ""',
  'set(attributes["x"], Substring(attributes["s"], Int(Double("1.0")), 3)) where ParseInt("z", 36) == 35',
  'flatten(attributes, "p", depth=2) where ContainsValue(attributes["l"], "x") and Index("abc", "b") == 1',
  ...cases("statements"),
  ...cases("conditions"),
  ...["language", "converters"].flatMap((script) => cases(script).map((one) => `set(attributes["x"], ${one})`)),
].map((text) => Buffer.from(text));

export function run(bytes) {
  const text = Buffer.from(bytes).toString("utf8");
  for (const compile of [compileStatement, compileCondition]) {
    const view = new TelemetryView(payload);
    try {
      runOn(view, compile(text, settings));
    } catch (error) {
      if (!(error instanceof OttlTextError) && !(error instanceof OttlError)) throw error;
    }
    const changed = view.payload();
    if (changed !== undefined) payloadOf("traces", payloadBytes(changed));
  }
}

function runOn(view, compiled) {
  const context = new Context();
  [context.resources] = view.resources;
  [context.scopes] = view.scopesOf(context.resources);
  [context.record] = view.recordsOf(context.scopes);
  if ("run" in compiled) compiled.run(context);
  else compiled.holds(context);
}
