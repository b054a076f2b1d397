/** Makes the parts of an SDK from a configuration model. Source: specification, "Create". */
import { DiagLogLevel, type TextMapPropagator } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { LoggerProvider } from "../../logs/logger-provider.ts";
import type { MeterProvider } from "../../metrics/meter-provider.ts";
import { CompositePropagator } from "../../propagation/composite-propagator.ts";
import { defaultResource, type Resource } from "../../resource/resource.ts";
import type { TracerProvider } from "../../trace/tracer-provider.ts";
import type { Environment } from "../environment.ts";
import type { Plan } from "./component.ts";
import { ComponentProviderRegistry } from "./component-provider.ts";
import type { ConfigurationProblem } from "./configuration-problem.ts";
import type { ConfigurationModel } from "./parse-configuration.ts";
import { type InstrumentationConfig, readInstrumentation } from "./read-instrumentation.ts";
import { readAttributeLimits } from "./read-limits.ts";
import { readLoggerProvider } from "./read-logger-provider.ts";
import { readMeterProvider } from "./read-meter-provider.ts";
import { readPropagator } from "./read-propagator.ts";
import { readResource } from "./read-resource.ts";
import { type FileContext, readTracerProvider } from "./read-tracer-provider.ts";
import { SEVERITIES } from "./severity.ts";
import { type Reading, Section } from "./section.ts";

/** The version of the schema that is known here. */
const MAJOR = 1;
const MINOR = 1;

/** The names of severities, as far as they differ for diagnostics. */
const LOG_LEVELS: Readonly<Record<string, DiagLogLevel>> = {
  trace: DiagLogLevel.VERBOSE,
  debug: DiagLogLevel.DEBUG,
  info: DiagLogLevel.INFO,
  warn: DiagLogLevel.WARN,
  error: DiagLogLevel.ERROR,
  fatal: DiagLogLevel.ERROR,
};

export interface CreateOptions {
  /** For components that the SDK does not know. */
  readonly componentProviders?: ComponentProviderRegistry;
  /** Read by resource detectors only. */
  readonly env?: Environment;
}

/** A provider is absent where the file has none, or where the SDK is disabled. */
export interface SdkComponents {
  readonly isDisabled: boolean;
  readonly logLevel: DiagLogLevel;
  readonly resource: Resource;
  readonly propagator: TextMapPropagator;
  readonly tracerProvider: TracerProvider | undefined;
  readonly meterProvider: MeterProvider | undefined;
  readonly loggerProvider: LoggerProvider | undefined;
  /** Where the file has `instrumentation/development`. */
  readonly instrumentation: InstrumentationConfig | undefined;
}

export interface CreatedComponents {
  /** `undefined` when there is an error among the problems; nothing was then started. */
  readonly components: SdkComponents | undefined;
  readonly problems: readonly ConfigurationProblem[];
}

/** Never throws. All that is wrong in the model is told at once. */
export function createComponents(model: ConfigurationModel, options: CreateOptions = {}): CreatedComponents {
  const { plan, problems } = planOf(model, options);
  if (problems.some(({ severity }) => severity === "error")) return { components: undefined, problems };
  try {
    return { components: plan(), problems };
  } catch (thrown) {
    const problem = { path: "", message: messageOf(thrown), severity: "error" } as const;
    return { components: undefined, problems: [...problems, problem] };
  }
}

/** What is wrong in the model, found without making anything. */
export function problemsOf(model: ConfigurationModel, options: CreateOptions = {}): readonly ConfigurationProblem[] {
  return planOf(model, options).problems;
}

function planOf(
  model: ConfigurationModel,
  options: CreateOptions,
): { readonly plan: Plan<SdkComponents>; readonly problems: ConfigurationProblem[] } {
  const problems: ConfigurationProblem[] = [];
  const version = versionOf(model["file_format"]);
  const reading: Reading = { problems, isStrict: version === undefined || version.minor <= MINOR };
  const root = new Section(model, "", reading);
  checkVersion(root, version);
  return { plan: readRoot(root, options), problems };
}

function readRoot(root: Section, { componentProviders, env = process.env }: CreateOptions): Plan<SdkComponents> {
  const registry = componentProviders ?? new ComponentProviderRegistry();
  const isDisabled = root.boolean("disabled") ?? false;
  const logLevel = LOG_LEVELS[(root.choice("log_level", SEVERITIES) ?? "info").replace(/\d$/, "")] ?? DiagLogLevel.INFO;
  const attributeLimits = readAttributeLimits(undefined);
  const limits = root.section("attribute_limits")?.read((one) => readAttributeLimits(one)) ?? attributeLimits;
  const readOwnResource = root.section("resource")?.read((one) => readResource(one, registry, env));
  const context: FileContext = {
    registry,
    attributeLimits: limits,
    resource: once(readOwnResource ?? defaultResource),
  };
  const propagator = root.section("propagator")?.read((one) => readPropagator(one, registry));
  const tracers = root.section("tracer_provider")?.read((one) => readTracerProvider(one, context));
  const meters = root.section("meter_provider")?.read((one) => readMeterProvider(one, context));
  const loggers = root.section("logger_provider")?.read((one) => readLoggerProvider(one, context));
  const instrumentation = root.section("instrumentation/development")?.read(readInstrumentation);
  noteDistributions(root.section("distribution"));
  return () => ({
    isDisabled,
    logLevel,
    resource: context.resource(),
    propagator: propagator?.() ?? new CompositePropagator(),
    tracerProvider: isDisabled ? undefined : tracers?.(),
    meterProvider: isDisabled ? undefined : meters?.(),
    loggerProvider: isDisabled ? undefined : loggers?.(),
    instrumentation,
  });
}

/** What the file says to other distributions of OpenTelemetry. */
function noteDistributions(section: Section | undefined): void {
  for (const name of Object.keys(section?.properties ?? {})) {
    section?.note(name, "is another distribution's, so it has no effect", "warning");
  }
}

interface Version {
  readonly major: number;
  readonly minor: number;
}

/** YAML reads `1.0` without quotes as a number. */
function versionOf(value: unknown): Version | undefined {
  const text = typeof value === "number" ? String(value) : value;
  const [, major, minor = "0"] = /^(\d+)(?:\.(\d+))?(?:-.+)?$/.exec(typeof text === "string" ? text : "") ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

function checkVersion(root: Section, version: Version | undefined): void {
  const value = root.any("file_format");
  if (value === undefined) root.missing("file_format");
  else if (version?.major !== MAJOR) {
    root.note("file_format", `expected a version such as "${MAJOR}.${MINOR}", got ${JSON.stringify(value)}`);
  } else if (version.minor > MINOR) {
    const message = `is ${version.major}.${version.minor}: what is newer than ${MAJOR}.${MINOR} in it is ignored`;
    root.note("file_format", message, "warning");
  }
}

function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}
