/** What conditions may call, by the kind of record that they are asked on. */
import { pointsOf } from "@clew/otlp";
import type { ContextName } from "../contexts.ts";
import { define, functionTable, type FunctionTable } from "../function-definition.ts";
import { text } from "../parameters.ts";
import { SPAN_STANDARD_FUNCTIONS, STANDARD_FUNCTIONS } from "./standard-functions.ts";

/** Converters that ask about a metric's data points. */
const METRIC_CONVERTERS: FunctionTable = functionTable([
  define(
    "HasAttrKeyOnDatapoint",
    { key: text },
    (args) =>
      ({ record }) =>
        pointsOf(record).some((point) => point.attributes().has(args.key)),
  ),
  define(
    "HasAttrOnDatapoint",
    { key: text, expectedVal: text },
    (args) =>
      ({ record }) =>
        pointsOf(record).some((point) => point.attributes().get(args.key) === args.expectedVal),
  ),
]);

const METRIC_FUNCTIONS: FunctionTable = new Map([...STANDARD_FUNCTIONS, ...METRIC_CONVERTERS]);

export function conditionFunctions(name: ContextName): FunctionTable {
  if (name === "span") return SPAN_STANDARD_FUNCTIONS;
  return name === "metric" ? METRIC_FUNCTIONS : STANDARD_FUNCTIONS;
}
