import type { Resource } from "../resource/resource.ts";
import { AlwaysOffSampler, AlwaysOnSampler } from "../trace/always-samplers.ts";
import { ParentBasedSampler } from "../trace/parent-based-sampler.ts";
import type { Sampler } from "../trace/sampler.ts";
import { JaegerRemoteSampler } from "../trace/sampling/jaeger-remote-sampler.ts";
import { AWSXRayRemoteSampler } from "../trace/sampling/xray/aws-xray-remote-sampler.ts";
import { TraceIdRatioBasedSampler } from "../trace/trace-id-ratio-based-sampler.ts";
import { type Environment, readChoice, readPairs, readText, warn } from "./environment.ts";

const ARGUMENT = "OTEL_TRACES_SAMPLER_ARG";
const DEFAULT_JAEGER_ENDPOINT = "http://localhost:5778";
const DEFAULT_XRAY_ENDPOINT = "http://localhost:2000";
const DEFAULT_POLLING_INTERVAL_MS = 60_000;
const DEFAULT_INITIAL_SAMPLING_RATE = 0.001;
const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "jaeger_remote",
  "xray",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
  "parentbased_jaeger_remote",
] as const;

/** `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, which counts only beside the former. */
export function samplerFromEnvironment(env: Environment, resource: Resource): Sampler {
  const name = readChoice(env, "OTEL_TRACES_SAMPLER", SAMPLERS) ?? "parentbased_always_on";
  const root = rootSampler(name.replace("parentbased_", ""), env, resource);
  return name.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, env: Environment, resource: Resource): Sampler {
  if (name === "always_off") return new AlwaysOffSampler();
  if (name === "traceidratio") return new TraceIdRatioBasedSampler(ratio(readText(env, ARGUMENT), 1));
  if (name === "jaeger_remote") return jaegerRemoteSampler(env, resource);
  if (name === "xray") return xraySampler(env, resource);
  return new AlwaysOnSampler();
}

/** `endpoint=http://localhost:5778,pollingIntervalMs=60000,initialSamplingRate=0.001`. */
function jaegerRemoteSampler(env: Environment, resource: Resource): Sampler {
  const serviceName = resource.attributes["service.name"];
  const { endpoint, pollingIntervalMs, initialSamplingRate, ...unknown } = readPairs(env, ARGUMENT);
  for (const name of Object.keys(unknown)) warn(ARGUMENT, name, "endpoint, pollingIntervalMs, initialSamplingRate");
  return new JaegerRemoteSampler({
    endpoint: address(endpoint, DEFAULT_JAEGER_ENDPOINT),
    poolingInterval: interval(pollingIntervalMs),
    initialSampler: new TraceIdRatioBasedSampler(ratio(initialSamplingRate, DEFAULT_INITIAL_SAMPLING_RATE)),
    ...(typeof serviceName === "string" && { serviceName }),
  });
}

/** `endpoint=http://localhost:2000,polling_interval=300`. */
function xraySampler(env: Environment, resource: Resource): Sampler {
  const { endpoint, polling_interval, ...unknown } = readPairs(env, ARGUMENT);
  for (const name of Object.keys(unknown)) warn(ARGUMENT, name, "endpoint, polling_interval");
  const pollingInterval = Number(polling_interval);
  return new AWSXRayRemoteSampler({
    resource,
    endpoint: address(endpoint, DEFAULT_XRAY_ENDPOINT),
    ...(pollingInterval > 0 && { pollingInterval }),
  });
}

function ratio(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  warn(ARGUMENT, text, "a number from 0 to 1", String(otherwise));
  return otherwise;
}

function address(text: string | undefined, otherwise: string): string {
  if (text === undefined) return otherwise;
  if (/^https?:/i.test(text) && URL.canParse(text)) return text;
  warn(ARGUMENT, text, `an endpoint such as ${otherwise}`, otherwise);
  return otherwise;
}

function interval(text: string | undefined): number {
  if (text === undefined) return DEFAULT_POLLING_INTERVAL_MS;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 1) return value;
  warn(ARGUMENT, text, "pollingIntervalMs in milliseconds", String(DEFAULT_POLLING_INTERVAL_MS));
  return DEFAULT_POLLING_INTERVAL_MS;
}
