/** The functions that all contexts have. */
import { functionTable, type FunctionTable } from "../function-definition.ts";
import { EDITORS } from "./editors.ts";
import { flatten } from "./flatten.ts";
import { extractGrokPatterns } from "./grok.ts";
import { HASH_CONVERTERS } from "./hashes.ts";
import { KIND_CONVERTERS } from "./kinds.ts";
import { LAMBDA_CONVERTERS } from "./lambdas.ts";
import { LIST_CONVERTERS } from "./lists.ts";
import { NETWORK_CONVERTERS } from "./network.ts";
import { PARSING_CONVERTERS } from "./parsing.ts";
import { REPLACE_EDITORS } from "./replace.ts";
import { SPAN_FUNCTIONS } from "./span-functions.ts";
import { TEXT_CONVERTERS } from "./texts.ts";
import { TIME_CONVERTERS } from "./times.ts";
import { userAgent } from "./user-agent.ts";
import { XML_CONVERTERS } from "./xml.ts";

const CONVERTERS = [
  extractGrokPatterns,
  ...HASH_CONVERTERS,
  ...KIND_CONVERTERS,
  ...LAMBDA_CONVERTERS,
  ...LIST_CONVERTERS,
  ...NETWORK_CONVERTERS,
  ...PARSING_CONVERTERS,
  ...TEXT_CONVERTERS,
  ...TIME_CONVERTERS,
  userAgent,
  ...XML_CONVERTERS,
];

/** Converters alone, for conditions. */
export const STANDARD_CONVERTERS: FunctionTable = functionTable(CONVERTERS);

export const STANDARD_FUNCTIONS: FunctionTable = functionTable(CONVERTERS, [...EDITORS, flatten, ...REPLACE_EDITORS]);

/** The same for statements about spans. */
export const SPAN_STANDARD_FUNCTIONS: FunctionTable = new Map([
  ...STANDARD_FUNCTIONS,
  ...functionTable(SPAN_FUNCTIONS),
]);
