/** Functions that only statements about spans have. */
import { idBytes } from "../accessor.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";

const isRootSpan = define(
  "IsRootSpan",
  {},
  () => (context) => idBytes(context.record, "parentSpanId", 8).every((byte) => byte === 0),
);

export const SPAN_FUNCTIONS: readonly FunctionDefinition[] = [isRootSpan];
