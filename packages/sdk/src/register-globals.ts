/** Puts the parts of an SDK behind `@opentelemetry/api`, and says what stands in the way. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as api from "@opentelemetry/api";
import type { ContextManager, MeterProvider, TextMapPropagator, TracerProvider } from "@opentelemetry/api";
import type { LoggerProvider } from "@opentelemetry/api-logs";
import { apiGlobal } from "./common/api-global.ts";

/** Where every copy of `@opentelemetry/api-logs` looks for its provider, and the version of that agreement. */
const LOGS_GLOBAL: unique symbol = Symbol.for("io.opentelemetry.js.api.logs");
const LOGS_VERSION = 1;

interface Versioned {
  readonly version?: string;
}

interface LogsApi {
  setGlobalLoggerProvider(provider: LoggerProvider): LoggerProvider;
}

export function registerContextManager(manager: ContextManager): void {
  expectRegistered("context manager", api.context.setGlobalContextManager(manager));
}

export function registerPropagator(propagator: TextMapPropagator): void {
  expectRegistered("propagator", api.propagation.setGlobalPropagator(propagator));
}

export function registerTracerProvider(provider: TracerProvider): void {
  expectRegistered("tracer provider", api.trace.setGlobalTracerProvider(provider));
}

export function registerMeterProvider(provider: MeterProvider): void {
  expectRegistered("meter provider", api.metrics.setGlobalMeterProvider(provider));
}

/** From version 1.10 on, `@opentelemetry/api` has a logs API of its own, beside that of `@opentelemetry/api-logs`. */
export function registerLoggerProvider(provider: LoggerProvider): void {
  const { logs: core } = api as { readonly logs?: LogsApi };
  core?.setGlobalLoggerProvider(provider);
  const registered = loadedLogsApi()?.setGlobalLoggerProvider(provider) ?? announceToLogsApis(provider);
  expectRegistered("logger provider", registered === provider);
}

/** The application's, if it is loaded: it tells the loggers that were made before. To load it here would take its time of every start. */
function loadedLogsApi(): LogsApi | undefined {
  const require = createRequire(import.meta.url);
  try {
    const module = require.cache[require.resolve("@opentelemetry/api-logs")];
    return (module?.exports as { readonly logs: LogsApi } | undefined)?.logs;
  } catch {
    return undefined;
  }
}

/** Every copy that is loaded later looks there. Returns whose provider it finds: the first one's. */
function announceToLogsApis(provider: LoggerProvider): unknown {
  const globals = globalThis as { [LOGS_GLOBAL]?: (version: number) => unknown };
  globals[LOGS_GLOBAL] ??= (version) => (version === LOGS_VERSION ? provider : undefined);
  return globals[LOGS_GLOBAL](LOGS_VERSION);
}

/** Told as a warning of Node's: where the API is not ours, our diagnostics may not be heard. */
function expectRegistered(what: string, isRegistered: boolean): void {
  if (isRegistered) return;
  const message = `another ${what} is registered already, so this SDK's is not used: ${remedy()}`;
  api.diag.error(message);
  process.emitWarning(message, { type: "OpenTelemetryWarning", code: "CLEW_SECOND_SDK" });
}

/** A copy of the API refuses what comes from one of another version, and takes nothing from an older one. */
function remedy(): string {
  const version = apiGlobal()?.version;
  const own = ownVersion();
  return version === undefined || own === undefined || version === own
    ? "start one SDK only"
    : `@opentelemetry/api is there in the versions ${version} and ${own}, which do not go together; ` +
        "have one version installed (npm ls @opentelemetry/api), and start one SDK only";
}

/** Of the nearest `package.json` that names a version: the API has others beside its files, and how deep they lie differs. */
function versionAbove(file: string): string | undefined {
  const directory = dirname(file);
  const packageFile = join(directory, "package.json");
  const version = existsSync(packageFile) ? versionIn(packageFile) : undefined;
  return version ?? (directory === file ? undefined : versionAbove(directory));
}

function versionIn(packageFile: string): string | undefined {
  return (JSON.parse(readFileSync(packageFile, "utf8")) as Versioned).version;
}

function ownVersion(): string | undefined {
  try {
    return versionAbove(createRequire(import.meta.url).resolve("@opentelemetry/api"));
  } catch {
    return undefined;
  }
}
