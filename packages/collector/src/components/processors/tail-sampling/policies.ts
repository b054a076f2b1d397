/** Policies as functions that tell whether a trace matches. */
import { goRegExp } from "@clew/base";
import type { MessageView, Value } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConditionList, type ErrorMode } from "../../../ottl/condition-list.ts";
import { Context } from "../../../ottl/context.ts";
import { CONTEXTS } from "../../../ottl/contexts.ts";
import { conditionFunctions } from "../../../ottl/functions/condition-functions.ts";
import { fnv1a64 } from "../../../ottl/hash/fnv.ts";
import { compileCondition, type Outcome } from "../../../ottl/statement.ts";
import { getTraceState } from "../../../ottl/trace-state.ts";
import type { HeldTrace } from "./held-trace.ts";
import type { AttributeCondition, CompositeConfig, PolicyConfig, PolicyType } from "./policy-config.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Whether a trace matches. Throws `OttlError` where that cannot be told. */
export type Policy = (trace: HeldTrace) => boolean;

export interface PolicyTools {
  readonly settings: Pick<Settings, "clock" | "random" | "logger">;
  /** Where the conditions of `ottl_condition` say what became of them. */
  readonly lists: ConditionList[];
}

const MAKERS: Readonly<Record<PolicyType, (config: PolicyConfig, tools: PolicyTools) => Policy>> = {
  always_sample: () => () => true,
  latency: ({ latency }) => latencyPolicy(latency),
  numeric_attribute: ({ numeric_attribute: config }) => {
    const least = config.min_value === 0 ? -Infinity : config.min_value;
    const most = config.max_value === 0 ? Infinity : config.max_value;
    return attributePolicy(config, (value) => typeof value === "bigint" && value >= least && value <= most);
  },
  probabilistic: ({ probabilistic }) => probabilisticPolicy(probabilistic),
  status_code({ status_code: { status_codes: codes } }) {
    const wanted = new Set(codes.map((code) => ["UNSET", "OK", "ERROR"].indexOf(code)));
    return (trace) => trace.someSpan((span) => wanted.has(Number(span.one("status").get("code"))));
  },
  string_attribute: ({ string_attribute: config }) => stringPolicy(config),
  rate_limiting({ rate_limiting: { spans_per_second: rate, burst_capacity: burst } }, { settings: { clock } }) {
    const bucket = new TokenBucket(rate, burst || rate * 2);
    return ({ spanCount }) => bucket.take(spanCount, clock.nowMs());
  },
  bytes_limiting({ bytes_limiting: { bytes_per_second: rate, burst_capacity: burst } }, { settings: { clock } }) {
    const bucket = new TokenBucket(rate, burst || rate * 2);
    return ({ byteLength }) => bucket.take(byteLength, clock.nowMs());
  },
  span_count:
    ({ span_count: { min_spans: least, max_spans: most } }) =>
    ({ spanCount }) =>
      spanCount >= least && (most === 0 || spanCount <= most),
  boolean_attribute: ({ boolean_attribute: config }) => attributePolicy(config, (value) => value === config.value),
  trace_state({ trace_state: { key, values } }) {
    const wanted = new Set(values.filter((value) => value !== ""));
    return (trace) =>
      trace.someSpan((span) => {
        const value = getTraceState(span.get("traceState") as string, key);
        return value !== null && wanted.has(value);
      });
  },
  trace_flags: () => (trace) => trace.someSpan((span) => (Number(span.get("flags")) & 1) === 1),
  ottl_condition: ({ ottl_condition: config }, tools) => conditionPolicy(config, tools),
  and({ and }, tools) {
    const policies = and!.and_sub_policy.map((one) => policyOf(one, tools));
    return (trace) => policies.every((policy) => policy(trace));
  },
  not({ not }, tools) {
    const policy = policyOf(not!.not_sub_policy!, tools);
    return (trace) => !policy(trace);
  },
  drop({ drop }, tools) {
    const policies = drop!.drop_sub_policy.map((one) => policyOf(one, tools));
    return (trace) => policies.every((policy) => policy(trace));
  },
  composite: ({ composite }, tools) => compositePolicy(composite!, tools),
};

export function policyOf(config: PolicyConfig, tools: PolicyTools): Policy {
  return MAKERS[config.type](config, tools);
}

/** Looks at how long the trace takes after each span, so that one that ends too late may have matched before. */
function latencyPolicy({ threshold_ms: least, upper_threshold_ms: most }: PolicyConfig["latency"]): Policy {
  return (trace) => {
    let start = 0n;
    let end = 0n;
    return trace.someSpan((span) => {
      const [spanStart, spanEnd] = [span.get("startTimeUnixNano") as bigint, span.get("endTimeUnixNano") as bigint];
      if (start === 0n || spanStart < start) start = spanStart;
      if (end === 0n || spanEnd > end) end = spanEnd;
      const ms = (end - start) / 1_000_000n;
      return ms > least && (most === 0 || ms <= most);
    });
  };
}

function attributePolicy(
  { key, invert_match: isInverted }: AttributeCondition,
  matches: (value: Value) => boolean,
): Policy {
  const has = (message: MessageView): boolean => {
    const value = message.attributes().get(key);
    return value !== undefined && matches(value);
  };
  return (trace) => trace.someResourceOrSpan(has, has) !== isInverted;
}

function stringPolicy(config: PolicyConfig["string_attribute"]): Policy {
  if (!config.enabled_regex_matching) {
    const values = new Set(config.values.filter((value) => value !== ""));
    return attributePolicy(config, (value) => typeof value === "string" && values.has(value));
  }
  const patterns = config.values.map((source) => goRegExp(source));
  return attributePolicy(
    config,
    (value) => typeof value === "string" && value !== "" && patterns.some((pattern) => pattern.test(value)),
  );
}

const MOST = 2n ** 64n - 1n;

function probabilisticPolicy({ hash_salt: salt, sampling_percentage: percent }: PolicyConfig["probabilistic"]): Policy {
  const threshold = BigInt(Math.floor(Math.min(1, percent / 100) * 2 ** 64));
  const greatest = threshold === 0n ? 0n : threshold > MOST ? MOST : threshold - 1n;
  const salted = Buffer.from(salt || "default-hash-seed");
  return ({ id }) => fnv1a64(Buffer.concat([salted, Buffer.from(id, "latin1")])) <= greatest;
}

function conditionPolicy(config: PolicyConfig["ottl_condition"], { settings, lists }: PolicyTools): Policy {
  const environment = { ...settings, nowMs: () => settings.clock.nowMs() };
  const listOf = (name: "span" | "spanevent", mode: ErrorMode): ConditionList => {
    const compile = { context: CONTEXTS[name], functions: conditionFunctions(name), environment, mayOmitContext: true };
    const list = new ConditionList(
      config[name].map((text) => compileCondition(text, compile)),
      mode,
      settings.logger,
    );
    lists.push(list);
    return list;
  };
  const spans = listOf("span", config.error_mode);
  const events = listOf("spanevent", config.error_mode);
  return (trace) => {
    const context = new Context();
    return trace.someSpan((record, scopes, resources) => {
      Object.assign(context, { record, scopes, resources });
      if (spans.anyHolds(context)) return true;
      if (events.isEmpty) return false;
      return record.many("events").some((item, itemIndex) => {
        Object.assign(context, { item, itemIndex });
        return events.anyHolds(context);
      });
    });
  };
}

/** The first policy that matches decides, by whether its share of this second's spans has room. */
function compositePolicy(config: CompositeConfig, tools: PolicyTools): Policy {
  const { clock } = tools.settings;
  const total = config.max_total_spans_per_second;
  const ordered = config.composite_sub_policy.toSorted((a, b) => rankOf(a, config) - rankOf(b, config));
  const shares = ordered.map((one) => {
    const percent = config.rate_allocation.findLast(({ policy }) => policy === one.name)?.percent ?? 0;
    const perSecond = percent > 0 ? (percent / 100) * total : total / ordered.length;
    return { policy: policyOf(one, tools), most: Math.min(total, Math.trunc(perSecond)), used: 0 };
  });
  let second = 0;
  return (trace) => {
    const now = Math.floor(clock.nowMs() / 1_000);
    if (now !== second) for (const share of shares) share.used = 0;
    second = now;
    const share = shares.find(({ policy }) => policy(trace));
    if (share === undefined || share.used + trace.spanCount > share.most) return false;
    share.used += trace.spanCount;
    return true;
  };
}

function rankOf({ name }: PolicyConfig, { policy_order: order }: CompositeConfig): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}

/** What became of the conditions of all `ottl_condition` policies. */
export function outcomesOf(lists: readonly ConditionList[]): Outcome[] {
  return lists.flatMap((list) => list.outcomes);
}
