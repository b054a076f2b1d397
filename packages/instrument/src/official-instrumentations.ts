import { createRequire, register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { diag, type MeterProvider, type TracerProvider } from "@opentelemetry/api";
import type { LoggerProvider } from "@opentelemetry/api-logs";
import { messageOf } from "@clew/base";
import type { Instrumentation, InstrumentationConfig } from "@clew/sdk";
import { guarded } from "./guarded.ts";
import { patchDefaultExport } from "./official-default-exports.ts";
import { OFFICIAL_PACKAGES } from "./official-packages.ts";
import { findingOf } from "./official-patches.ts";
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
  // package --> its instrumentation
  readonly #instrumentations = new Map<string, Instrumentation>();

  constructor(settings: OfficialInstrumentationsSettings) {
    this.#settings = settings;
    for (const name of new Set(Object.values(OFFICIAL_PACKAGES))) this.#load(name);
  }

  /** Whether the package of that name is registered. */
  has(name: string): boolean {
    return this.#instrumentations.has(name);
  }

  setTracerProvider(provider: TracerProvider): void {
    for (const one of this.#instrumentations.values()) one.setTracerProvider(provider as never);
  }

  setMeterProvider(provider: MeterProvider): void {
    for (const one of this.#instrumentations.values()) one.setMeterProvider(provider as never);
  }

  setLoggerProvider(provider: LoggerProvider): void {
    for (const one of this.#instrumentations.values()) one.setLoggerProvider?.(provider as never);
  }

  setDeclarativeConfig({ enabled }: InstrumentationConfig): void {
    for (const [name, one] of this.#instrumentations) {
      if (enabled.get(shortNameOf(name)) !== false) continue;
      // They are on from the moment that they are made.
      one.disable();
      this.#instrumentations.delete(name);
      this.#settings.report.tell("not instrumented", name, "disabled by the configuration file");
    }
  }

  /** Puts into the report what they made of the packages that were loaded so far. */
  tellPatched(): void {
    for (const [name, one] of this.#instrumentations) {
      guarded(name, () => {
        const { outcome, why } = findingOf(one);
        this.#settings.report.tell(outcome, name, why);
      });
    }
  }

  enable(): void {
    for (const one of this.#instrumentations.values()) one.enable();
  }

  disable(): void {
    for (const one of this.#instrumentations.values()) one.disable();
  }

  /** They must be there before what they patch is loaded, so those that are installed are loaded now. */
  #load(name: string): void {
    const { report, directories, isEnabled } = this.#settings;
    const directory = directories.find((one) => isInstalled(name, one));
    if (directory === undefined) return;
    if (!isEnabled(shortNameOf(name))) {
      report.tell("not instrumented", name, "disabled by the environment");
      return;
    }
    try {
      const require = createRequire(join(directory, "package.json"));
      const file = require.resolve(name);
      const { class: Class } = classIn(require(name) as object);
      if (this.#instrumentations.size === 0) registerEsModuleHook(file);
      this.#instrumentations.set(name, new Class());
      guarded(name, () => patchDefaultExport(name, file));
      report.tell("waiting", name);
    } catch (thrown) {
      report.tell("not instrumented", name, messageOf(thrown));
      diag.error(`${name} could not be registered: ${messageOf(thrown)}`);
    }
  }
}

/** `nestjs-core` of `@opentelemetry/instrumentation-nestjs-core`. */
function shortNameOf(name: string): string {
  return name.replace(/^.*\/(?:instrumentation-)?/, "");
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
