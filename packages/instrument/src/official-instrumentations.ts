import { createRequire, register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { diag, type MeterProvider, type TracerProvider } from "@opentelemetry/api";
import type { LoggerProvider } from "@opentelemetry/api-logs";
import { messageOf } from "@clew/base";
import type { Instrumentation } from "@clew/sdk";
import { OFFICIAL_PACKAGES } from "./official-packages.ts";
import type { Report } from "./report.ts";
import { isInstalled } from "./hooks/installed-packages.ts";

export interface OfficialInstrumentationsSettings {
  /** Directories from which the application finds its packages. */
  readonly directories: readonly string[];
  readonly report: Report;
  /** Whether the environment allows the one of that name, such as `nestjs-core`. */
  readonly isEnabled: (name: string) => boolean;
}

type InstrumentationClass = new () => Instrumentation;

/** The official instrumentation packages that the application has installed, unmodified, on this SDK. */
export class OfficialInstrumentations implements Instrumentation {
  readonly #settings: OfficialInstrumentationsSettings;
  readonly #instrumentations: Instrumentation[] = [];
  readonly #names = new Set<string>();

  constructor(settings: OfficialInstrumentationsSettings) {
    this.#settings = settings;
    for (const name of new Set(Object.values(OFFICIAL_PACKAGES))) this.#load(name);
  }

  /** Whether the package of that name is registered. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  setTracerProvider(provider: TracerProvider): void {
    for (const one of this.#instrumentations) one.setTracerProvider(provider as never);
  }

  setMeterProvider(provider: MeterProvider): void {
    for (const one of this.#instrumentations) one.setMeterProvider(provider as never);
  }

  setLoggerProvider(provider: LoggerProvider): void {
    for (const one of this.#instrumentations) one.setLoggerProvider?.(provider as never);
  }

  enable(): void {
    for (const one of this.#instrumentations) one.enable();
  }

  disable(): void {
    for (const one of this.#instrumentations) one.disable();
  }

  /** They must be there before what they patch is loaded, so those that are installed are loaded now. */
  #load(name: string): void {
    const { report, directories, isEnabled } = this.#settings;
    const directory = directories.find((one) => isInstalled(name, one));
    if (directory === undefined) return;
    if (!isEnabled(name.replace(/^.*\/(?:instrumentation-)?/, ""))) {
      report.tell("not instrumented", name, "disabled by the environment");
      return;
    }
    try {
      const from = join(directory, "package.json");
      const { class: Class } = classIn(createRequire(from)(name) as object);
      if (this.#instrumentations.length === 0) registerEsModuleHook(createRequire(from).resolve(name));
      this.#instrumentations.push(new Class());
      this.#names.add(name);
      report.tell("instrumented", name, "official package");
    } catch (thrown) {
      report.tell("not instrumented", name, messageOf(thrown));
      diag.error(`${name} could not be registered: ${messageOf(thrown)}`);
    }
  }
}

/** What their documentation asks for where an application has ES modules. */
function registerEsModuleHook(packageFile: string): void {
  register("@opentelemetry/instrumentation/hook.mjs", pathToFileURL(packageFile));
}

function classIn(exports: object): { readonly class: InstrumentationClass } {
  for (const [name, value] of Object.entries(exports)) {
    if (name.endsWith("Instrumentation") && typeof value === "function")
      return { class: value as InstrumentationClass };
  }
  throw new Error("it exports no instrumentation");
}
