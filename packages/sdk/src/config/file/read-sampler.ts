import { isSpanContextValid, SpanKind, trace } from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler } from "../../trace/always-samplers.ts";
import { ParentBasedSampler } from "../../trace/parent-based-sampler.ts";
import type { Sampler } from "../../trace/sampler.ts";
import { AlwaysRecordSampler } from "../../trace/sampling/always-record-sampler.ts";
import type { ComposableSampler } from "../../trace/sampling/composable-sampler.ts";
import {
  createComposableAlwaysOffSampler,
  createComposableAlwaysOnSampler,
  createComposableParentThresholdSampler,
  createComposableProbabilitySampler,
  createComposableRuleBasedSampler,
  type SamplingPredicate,
  type SamplingRule,
} from "../../trace/sampling/composable-samplers.ts";
import { CompositeSampler } from "../../trace/sampling/composite-sampler.ts";
import { JaegerRemoteSampler } from "../../trace/sampling/jaeger-remote-sampler.ts";
import { ProbabilitySampler } from "../../trace/sampling/probability-sampler.ts";
import { TraceIdRatioBasedSampler } from "../../trace/trace-id-ratio-based-sampler.ts";
import { type Plan, readComponent, type ReadComponent, requiredComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import type { Section } from "./section.ts";
import { includeExclude } from "../../common/wildcard.ts";

const DEFAULT_POLLING_INTERVAL_MS = 60_000;
const RATIO = { least: 0, most: 1 };
const SPAN_KINDS: Readonly<Record<string, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** `serviceName` is for samplers that ask a server. It is asked for when they are made. */
export function readSampler(
  section: Section,
  registry: ComponentProviderRegistry,
  serviceName: () => string,
): Plan<Sampler> {
  const nested = (one: Section): Plan<Sampler> => readSampler(one, registry, serviceName);
  const builtIn: Readonly<Record<string, ReadComponent<Sampler>>> = {
    always_on: () => () => new AlwaysOnSampler(),
    always_off: () => () => new AlwaysOffSampler(),
    always_record: (one) => {
      const root = requiredComponent(one, "root", nested);
      return () => new AlwaysRecordSampler(root());
    },
    "composite/development": (one) => {
      const delegate = readComposable(one, registry);
      return () => new CompositeSampler(delegate());
    },
    "jaeger_remote/development": (one) => readJaegerRemote(one, nested, serviceName),
    parent_based: (one) => readParentBased(one, nested),
    "probability/development": (one) => {
      const ratio = one.number("ratio", RATIO) ?? 1;
      return () => new ProbabilitySampler(ratio);
    },
    trace_id_ratio_based: (one) => {
      const ratio = one.number("ratio", RATIO) ?? 1;
      return () => new TraceIdRatioBasedSampler(ratio);
    },
  };
  return readComponent(section, "sampler", builtIn, registry);
}

function readParentBased(section: Section, nested: (section: Section) => Plan<Sampler>): Plan<Sampler> {
  const optional = (name: string): Plan<Sampler> | undefined => {
    const one = section.section(name);
    return one && nested(one);
  };
  const root = optional("root");
  const plans = {
    remoteParentSampled: optional("remote_parent_sampled"),
    remoteParentNotSampled: optional("remote_parent_not_sampled"),
    localParentSampled: optional("local_parent_sampled"),
    localParentNotSampled: optional("local_parent_not_sampled"),
  };
  return () => {
    const given = Object.entries(plans).flatMap(([name, plan]) =>
      plan === undefined ? [] : [[name, plan()] as const],
    );
    return new ParentBasedSampler({ root: root?.() ?? new AlwaysOnSampler(), ...Object.fromEntries(given) });
  };
}

function readJaegerRemote(
  section: Section,
  nested: (section: Section) => Plan<Sampler>,
  serviceName: () => string,
): Plan<Sampler> {
  const endpoint = section.text("endpoint") ?? section.missing("endpoint") ?? "";
  if (endpoint !== "" && !URL.canParse(endpoint)) section.note("endpoint", `expected an address, got ${endpoint}`);
  const poolingInterval = section.integer("interval", { least: 1 }) ?? DEFAULT_POLLING_INTERVAL_MS;
  const initialSampler = requiredComponent(section, "initial_sampler", nested);
  return () =>
    new JaegerRemoteSampler({
      endpoint,
      poolingInterval,
      initialSampler: initialSampler(),
      serviceName: serviceName(),
    });
}

function readComposable(section: Section, registry: ComponentProviderRegistry): Plan<ComposableSampler> {
  const nested = (one: Section): Plan<ComposableSampler> => readComposable(one, registry);
  const builtIn: Readonly<Record<string, ReadComponent<ComposableSampler>>> = {
    always_on: () => createComposableAlwaysOnSampler,
    always_off: () => createComposableAlwaysOffSampler,
    probability: (one) => {
      const ratio = one.number("ratio", RATIO) ?? 1;
      return () => createComposableProbabilitySampler(ratio);
    },
    parent_threshold: (one) => {
      const root = requiredComponent(one, "root", nested);
      return () => createComposableParentThresholdSampler(root());
    },
    rule_based: (one) => {
      const rules = (one.sections("rules") ?? []).map((rule) => rule.read((part) => readRule(part, nested)));
      return () => createComposableRuleBasedSampler(rules.map((rule) => rule()));
    },
  };
  return readComponent(section, "composable_sampler", builtIn, registry);
}

/** A rule applies when all of its conditions do. */
function readRule(section: Section, nested: (section: Section) => Plan<ComposableSampler>): Plan<SamplingRule> {
  const conditions: SamplingPredicate[] = [];
  const values = section.section("attribute_values")?.read(readAttributeValues);
  const patterns = section.section("attribute_patterns")?.read(readAttributePatterns);
  const kinds = section.choices("span_kinds", Object.keys(SPAN_KINDS))?.map((name) => SPAN_KINDS[name]);
  const parents = section.choices("parent", ["none", "remote", "local"]);
  if (values !== undefined) conditions.push(values);
  if (patterns !== undefined) conditions.push(patterns);
  if (kinds !== undefined) conditions.push((_context, _traceId, _name, kind) => kinds.includes(kind));
  if (parents !== undefined) conditions.push((context) => parents.includes(parentOf(context)));
  const sampler = requiredComponent(section, "sampler", nested);
  const applies: SamplingPredicate = (...details) => conditions.every((condition) => condition(...details));
  return () => [applies, sampler()];
}

function readAttributeValues(section: Section): SamplingPredicate {
  const key = section.text("key") ?? section.missing("key") ?? "";
  const values = section.texts("values") ?? section.missing("values") ?? [];
  return attributeMatches(key, (text) => values.includes(text));
}

function readAttributePatterns(section: Section): SamplingPredicate {
  const key = section.text("key") ?? section.missing("key") ?? "";
  return attributeMatches(key, includeExclude(section.texts("included"), section.texts("excluded")));
}

/** Values are compared as texts; of a list, one item is enough. */
function attributeMatches(key: string, matches: (text: string) => boolean): SamplingPredicate {
  return (_context, _traceId, _name, _kind, attributes) => {
    const value = attributes[key];
    if (value === undefined || value === null) return false;
    return Array.isArray(value) ? value.some((item) => matches(String(item))) : matches(String(value));
  };
}

function parentOf(context: Parameters<SamplingPredicate>[0]): "none" | "remote" | "local" {
  const parent = trace.getSpanContext(context);
  if (parent === undefined || !isSpanContextValid(parent)) return "none";
  return parent.isRemote === true ? "remote" : "local";
}
