/** How a policy is written: its type, and a section of that type's name. */
import { ClewError, goRegExp } from "@clew/base";
import { compileCondition } from "../../../ottl/statement.ts";
import { CONTEXTS } from "../../../ottl/contexts.ts";
import { ERROR_MODES, type ErrorMode } from "../../../ottl/condition-list.ts";
import { conditionFunctions } from "../../../ottl/functions/condition-functions.ts";
import { CHECK_ENVIRONMENT, checkText } from "../../../ottl/texts-schema.ts";
import { nearest } from "../../../schema/nearest.ts";
import type { Place } from "../../../schema/place.ts";
import {
  boolean,
  field,
  integer,
  list,
  number,
  oneOf,
  optional,
  section,
  string,
  type Field,
  type Fields,
  type Schema,
} from "../../../schema/schema.ts";

const SIMPLE_TYPES = [
  "always_sample",
  "latency",
  "numeric_attribute",
  "probabilistic",
  "status_code",
  "string_attribute",
  "rate_limiting",
  "bytes_limiting",
  "span_count",
  "boolean_attribute",
  "trace_state",
  "trace_flags",
  "ottl_condition",
] as const;

const NESTING_TYPES = ["and", "not", "drop", "composite"] as const;
type NestingType = (typeof NESTING_TYPES)[number];

export type PolicyType = (typeof SIMPLE_TYPES)[number] | NestingType;

export interface AttributeCondition {
  readonly key: string;
  readonly invert_match: boolean;
}

export interface CompositeConfig {
  readonly max_total_spans_per_second: number;
  readonly policy_order: readonly string[];
  readonly composite_sub_policy: readonly PolicyConfig[];
  readonly rate_allocation: readonly { readonly policy: string; readonly percent: number }[];
}

export interface PolicyConfig {
  readonly name: string;
  readonly type: PolicyType;
  readonly latency: { readonly threshold_ms: number; readonly upper_threshold_ms: number };
  readonly numeric_attribute: AttributeCondition & { readonly min_value: number; readonly max_value: number };
  readonly probabilistic: { readonly hash_salt: string; readonly sampling_percentage: number };
  readonly status_code: { readonly status_codes: readonly string[] };
  readonly string_attribute: AttributeCondition & {
    readonly values: readonly string[];
    readonly enabled_regex_matching: boolean;
    readonly cache_max_size: number;
  };
  readonly rate_limiting: { readonly spans_per_second: number; readonly burst_capacity: number };
  readonly bytes_limiting: { readonly bytes_per_second: number; readonly burst_capacity: number };
  readonly span_count: { readonly min_spans: number; readonly max_spans: number };
  readonly boolean_attribute: AttributeCondition & { readonly value: boolean };
  readonly trace_state: { readonly key: string; readonly values: readonly string[] };
  readonly ottl_condition: {
    readonly error_mode: ErrorMode;
    readonly span: readonly string[];
    readonly spanevent: readonly string[];
  };
  readonly and?: { readonly and_sub_policy: readonly PolicyConfig[] };
  readonly not?: { readonly not_sub_policy: PolicyConfig | undefined };
  readonly drop?: { readonly drop_sub_policy: readonly PolicyConfig[] };
  readonly composite?: CompositeConfig;
}

const key = field(string, "", "The attribute, of the resource or the span.");
const inverted = field(boolean, false, "Whether no resource and no span may match, instead of one.");
const burst = (what: string): Field<number> =>
  field(integer(), 0, `How many ${what} may pass at once, and in one trace; 0 means those of two seconds.`);

const simple: Omit<Fields<PolicyConfig>, "type" | NestingType> = {
  name: field(string, "", "How metrics call it."),
  latency: field(
    section<PolicyConfig["latency"]>({
      threshold_ms: field(integer(), 0, "The trace must take longer than this many milliseconds."),
      upper_threshold_ms: field(integer(), 0, "And not longer than this, unless it is 0."),
    }),
    undefined,
    "From the start of the first span to the end of the last.",
  ),
  numeric_attribute: field(
    section<PolicyConfig["numeric_attribute"]>({
      key,
      min_value: field(integer(Number.MIN_SAFE_INTEGER), 0, "The least integer that matches; 0 means any."),
      max_value: field(integer(Number.MIN_SAFE_INTEGER), 0, "The greatest integer that matches; 0 means any."),
      invert_match: inverted,
    }),
    undefined,
    "Traces with an integer in a range.",
  ),
  probabilistic: field(
    section<PolicyConfig["probabilistic"]>({
      hash_salt: field(string, "", "Must differ between collectors that sample one after the other."),
      sampling_percentage: field(number(), 0, "How many of a hundred traces match, by their ids."),
    }),
    undefined,
    "A share of all traces.",
  ),
  status_code: field(
    section<PolicyConfig["status_code"]>({
      status_codes: field(list(string), undefined, "`OK`, `ERROR`, `UNSET`: one span must have one of them."),
    }),
    undefined,
    "Traces by the status of their spans.",
  ),
  string_attribute: field(
    section<PolicyConfig["string_attribute"]>({
      key,
      values: field(list(string), undefined, "Texts of which the attribute must be one."),
      enabled_regex_matching: field(boolean, false, "Whether the values are regular expressions (RE2)."),
      cache_max_size: field(integer(), 0, "Accepted; has no effect."),
      invert_match: inverted,
    }),
    undefined,
    "Traces with one of some texts.",
  ),
  rate_limiting: field(
    section<PolicyConfig["rate_limiting"]>({
      spans_per_second: field(integer(), 0, "How many spans pass in a second."),
      burst_capacity: burst("spans"),
    }),
    undefined,
    "Traces until a number of spans is reached.",
  ),
  bytes_limiting: field(
    section<PolicyConfig["bytes_limiting"]>({
      bytes_per_second: field(integer(), 0, "How many bytes pass in a second."),
      burst_capacity: burst("bytes"),
    }),
    undefined,
    "Traces until a number of bytes is reached.",
  ),
  span_count: field(
    section<PolicyConfig["span_count"]>({
      min_spans: field(integer(), 0, "How many spans the trace must have."),
      max_spans: field(integer(), 0, "And not more than this, unless it is 0."),
    }),
    undefined,
    "Traces by how many spans they have.",
  ),
  boolean_attribute: field(
    section<PolicyConfig["boolean_attribute"]>({
      key,
      value: field(boolean, false, "What the attribute must be."),
      invert_match: inverted,
    }),
    undefined,
    "Traces with true or false.",
  ),
  trace_state: field(
    section<PolicyConfig["trace_state"]>({
      key: field(string, "", "The member of a span's trace state."),
      values: field(list(string), undefined, "Texts of which it must be one."),
    }),
    undefined,
    "Traces by the trace state of their spans.",
  ),
  ottl_condition: field(
    section<PolicyConfig["ottl_condition"]>({
      error_mode: field(
        oneOf(...ERROR_MODES),
        "propagate",
        "What becomes of a condition's error: `ignore` logs it, `silent` does not, `propagate` leaves the policy out of the trace's decision.",
      ),
      span: field(list(string), undefined, "Conditions of which one must hold for a span."),
      spanevent: field(list(string), undefined, "Or one of these for a span event."),
    }),
    undefined,
    "Traces by conditions in OTTL.",
  ),
};

const nesting = {
  and: field(
    section<NonNullable<PolicyConfig["and"]>>({
      and_sub_policy: field(policiesBelow("not"), undefined, "Policies that must all match; also `not`."),
    }),
    undefined,
    "Traces that match all of several policies.",
  ),
  not: field(
    section<NonNullable<PolicyConfig["not"]>>({
      not_sub_policy: field(policyBelow(), undefined, "The policy that must not match."),
    }),
    undefined,
    "Traces that do not match a policy.",
  ),
  drop: field(
    section<NonNullable<PolicyConfig["drop"]>>({
      drop_sub_policy: field(policiesBelow("not"), undefined, "Policies that must all match; also `not`."),
    }),
    undefined,
    "Traces that are not kept, whatever other policies say.",
  ),
  composite: field(
    section<CompositeConfig>(
      {
        max_total_spans_per_second: field(integer(), 0, "How many spans pass in a second by any one policy."),
        policy_order: field(list(string), undefined, "Which policy is asked first; those not named come last."),
        composite_sub_policy: field(policiesBelow("and"), undefined, "Policies; also `and`."),
        rate_allocation: field(
          list(
            section<CompositeConfig["rate_allocation"][number]>({
              policy: field(string, "", "The policy's name."),
              percent: field(integer(), 0, "Its share; 0 means the same for all."),
            }),
          ),
          undefined,
          "How much of the total each policy may use.",
        ),
      },
      checkComposite,
    ),
    undefined,
    "Traces that match the first of several policies, each with its share of spans a second.",
  ),
} as const;

/** Policies as `tail_sampling` lists them. */
export const topPolicies: Schema<readonly PolicyConfig[]> = {
  ...list(policy(NESTING_TYPES)),
  read(raw, place) {
    const read = list(policy(NESTING_TYPES)).read(raw, place);
    for (const [i, { name }] of read.entries()) {
      if (name === "") place.at(i).problem("policy name cannot be empty");
      else if (read.findIndex((one) => one.name === name) < i) {
        place
          .at(i)
          .at("name")
          .problem(`duplicate policy name ${JSON.stringify(name)}`);
      }
    }
    return read;
  },
};

function policy(nested: readonly NestingType[]): Schema<PolicyConfig> {
  const fields = {
    ...simple,
    ...Object.fromEntries(nested.map((type) => [type, nesting[type]])),
    type: field(oneOf<PolicyType>(...SIMPLE_TYPES, ...nested), undefined, "Which section says what matches."),
  };
  const { name, type, ...rest } = fields;
  return section<PolicyConfig>({ name, type, ...rest } as Fields<PolicyConfig>, checkPolicy);
}

/** Policies inside a policy: their settings are those above, and not told again in the README. */
function policiesBelow(...nested: NestingType[]): Schema<readonly PolicyConfig[]> {
  return { type: "list of policy", read: (raw, place) => list(policy(nested)).read(raw, place) };
}

function policyBelow(): Schema<PolicyConfig | undefined> {
  return { type: "policy", isOptional: true, read: (raw, place) => optional(policy([])).read(raw, place) };
}

/** Sections of other types than the policy's own have no effect, and no faults. */
function checkPolicy(config: PolicyConfig, place: Place): void {
  const own = place.at(config.type);
  if (config.type === "numeric_attribute") {
    const { min_value: least, max_value: most } = config.numeric_attribute;
    if (least === 0 && most === 0) own.problem("at least one of min_value and max_value must be set");
  }
  if (config.type === "status_code") checkStatusCodes(config.status_code.status_codes, own);
  if (config.type === "string_attribute" && config.string_attribute.enabled_regex_matching) {
    for (const [i, value] of config.string_attribute.values.entries()) checkRegExp(value, own.at("values").at(i));
  }
  if (config.type === "not" && config.not?.not_sub_policy === undefined) {
    own.problem("expected a policy that must not match", "write it as not_sub_policy");
  }
  if (config.type === "ottl_condition") checkConditions(config.ottl_condition, own);
}

function checkStatusCodes(codes: readonly string[], place: Place): void {
  if (codes.length === 0) place.problem("expected at least one status code to filter on");
  for (const [i, code] of codes.entries()) {
    if (["OK", "ERROR", "UNSET"].includes(code)) continue;
    place
      .at("status_codes")
      .at(i)
      .problem(`unknown status code ${JSON.stringify(code)}, supported: OK, ERROR, UNSET`);
  }
}

function checkRegExp(source: string, place: Place): void {
  try {
    goRegExp(source);
  } catch (error) {
    if (!(error instanceof ClewError)) throw error;
    place.problem(`invalid regex \`${source}\`: ${error.what}`, error.remedy);
  }
}

function checkConditions({ span, spanevent }: PolicyConfig["ottl_condition"], place: Place): void {
  if (span.length === 0 && spanevent.length === 0) place.problem("expected at least one OTTL condition to filter on");
  const check = (name: "span" | "spanevent", texts: readonly string[]): void => {
    const settings = {
      context: CONTEXTS[name],
      functions: conditionFunctions(name),
      environment: CHECK_ENVIRONMENT,
      mayOmitContext: true,
    };
    for (const [i, text] of texts.entries()) {
      checkText(place.at(name).at(i), "condition", text, () => compileCondition(text, settings));
    }
  };
  check("span", span);
  check("spanevent", spanevent);
}

function checkComposite(config: CompositeConfig, place: Place): void {
  const names = config.composite_sub_policy.map(({ name }) => name);
  const check = (name: string, at: Place): void => {
    if (names.includes(name)) return;
    const near = nearest(name, names);
    at.problem(
      `there is no policy ${JSON.stringify(name)} in composite_sub_policy`,
      near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`,
    );
  };
  for (const [i, name] of config.policy_order.entries()) check(name, place.at("policy_order").at(i));
  for (const [i, one] of config.rate_allocation.entries()) {
    check(one.policy, place.at("rate_allocation").at(i).at("policy"));
  }
}

/** Whether a policy may change its mind when more spans come, or counts what it lets through. */
export function isStateful(config: PolicyConfig): boolean {
  if (config.type === "rate_limiting" || config.type === "bytes_limiting") return true;
  if (config.type === "latency") return config.latency.upper_threshold_ms > 0;
  if (config.type === "span_count") return config.span_count.max_spans > 0;
  return subPoliciesOf(config).some((one) => isStateful(one));
}

function subPoliciesOf({ type, and, not, drop, composite }: PolicyConfig): readonly PolicyConfig[] {
  if (type === "and") return and?.and_sub_policy ?? [];
  if (type === "drop") return drop?.drop_sub_policy ?? [];
  if (type === "composite") return composite?.composite_sub_policy ?? [];
  return type === "not" && not?.not_sub_policy !== undefined ? [not.not_sub_policy] : [];
}
