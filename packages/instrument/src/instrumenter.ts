import { channel } from "node:diagnostics_channel";
import { createRequire } from "node:module";
import { diag, type MeterProvider, metrics, trace, type TracerProvider } from "@opentelemetry/api";
import type { Logger, LoggerProvider } from "@opentelemetry/api-logs";
import { messageOf } from "@clew/base";
import type { Instrumentation, InstrumentationConfig } from "@clew/sdk";
import { withDeclarativeConfig } from "./declarative-config.ts";
import { isEnabledBy } from "./enabled-instrumentations.ts";
import { watchCommonJsFiles } from "./hooks/commonjs-files.ts";
import { watchEsModules } from "./hooks/es-modules.ts";
import { isInstalled } from "./hooks/installed-packages.ts";
import { type PackageFile, packageFileOf, versionIn } from "./hooks/package-file.ts";
import type {
  Environment,
  InstrumentationEntry,
  InstrumentationModule,
  LoadedFile,
  PackageTarget,
  Telemetry,
} from "./instrumentation.ts";
import type { Report } from "./report.ts";
import { VERSION } from "./version.ts";

const require = createRequire(import.meta.url);

const NO_LOGGER: Logger = { emit: () => {}, enabled: () => false };

export interface InstrumenterSettings {
  readonly entries: readonly InstrumentationEntry[];
  readonly env: Environment;
  readonly report: Report;
  /** Told of every file of a package that is loaded, watched or not. */
  readonly onPackageFile: (file: PackageFile) => void;
  readonly hasOfficial: (name: string) => boolean;
  /** Directories from which the application finds its packages. */
  readonly directories: readonly string[];
}

interface Watched {
  readonly instrumentation: LazyInstrumentation;
  readonly target: PackageTarget;
}

/** Connects the registered instrumentations with the loaders and channels that make their code load. */
export class Instrumenter implements Instrumentation {
  readonly #settings: InstrumenterSettings;
  // `package/path` --> who patches that file
  readonly #watched = new Map<string, Watched>();
  /** Files that were patched already: a file is seen twice when `require` loads an ES module. */
  readonly #patched = new Set<string>();
  // A configuration file may leave any of them out: the API's own do nothing.
  #tracerProvider: TracerProvider = trace.getTracerProvider();
  #meterProvider: MeterProvider = metrics.getMeterProvider();
  #loggerProvider: LoggerProvider | undefined;
  #env: Environment;
  #isEnabledByFile: (name: string) => boolean = () => true;

  constructor(settings: InstrumenterSettings) {
    this.#settings = settings;
    this.#env = settings.env;
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracerProvider = provider;
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider;
  }

  setLoggerProvider(provider: LoggerProvider): void {
    this.#loggerProvider = provider;
  }

  setDeclarativeConfig(config: InstrumentationConfig): void {
    this.#env = withDeclarativeConfig(this.#env, config);
    this.#isEnabledByFile = isEnabledBy(this.#env);
  }

  enable(): void {
    for (const entry of this.#settings.entries) {
      if (this.#isEnabledByFile(entry.name)) this.#enable(entry);
      else this.#settings.report.tell("not instrumented", entry.name, "disabled by the configuration file");
    }
    watchCommonJsFiles((filename, module) => this.#onFile(filename, module));
    if (this.#esModulesMayCome()) {
      watchEsModules({
        names: new Set(this.#watched.keys()),
        isWatched: (filename) => this.#find(packageFileOf(filename)) !== undefined,
        onFile: (filename, module) => this.#onFile(filename, module),
      });
    }
  }

  /** What was patched stays so; its spans go to a provider that is shut down, and cost next to nothing. */
  disable(): void {
    this.#watched.clear();
  }

  #enable(entry: InstrumentationEntry): void {
    const { report, hasOfficial } = this.#settings;
    const env = this.#env;
    const instrumentation = new LazyInstrumentation(entry, report, () => ({
      tracer: this.#tracerProvider.getTracer(`@clew/instrument/${entry.name}`, VERSION),
      meter: this.#meterProvider.getMeter(`@clew/instrument/${entry.name}`, VERSION),
      logger: this.#loggerProvider?.getLogger(`@clew/instrument/${entry.name}`, VERSION) ?? NO_LOGGER,
      env,
      hasOfficial,
    }));
    report.tell("waiting", entry.name);
    for (const target of entry.packages ?? []) {
      for (const path of target.files) this.#watched.set(`${target.package}/${path}`, { instrumentation, target });
    }
    for (const name of entry.channels ?? []) instrumentation.subscribe(name);
    if (entry.isNeeded?.(env) !== true) return;
    if (entry.isDeferred === true) setImmediate(() => instrumentation.load()).unref();
    else instrumentation.load();
  }

  #find(file: PackageFile | undefined): Watched | undefined {
    return file === undefined ? undefined : this.#watched.get(`${file.package}/${file.path}`);
  }

  #onFile(filename: string, module: { exports?: unknown }): void {
    const file = packageFileOf(filename);
    if (file === undefined) return;
    this.#settings.onPackageFile(file);
    const watched = this.#find(file);
    if (watched === undefined || this.#patched.has(filename)) return;
    this.#patched.add(filename);
    this.#patch(watched, file, module);
  }

  #patch({ instrumentation, target }: Watched, file: PackageFile, module: { exports?: unknown }): void {
    const version = versionIn(file.directory);
    const what = `${file.package} ${version ?? "of unknown version"}`;
    if (version === undefined || !target.majors.includes(Number.parseInt(version, 10))) {
      this.#settings.report.tell("not instrumented", what, `major version ${target.majors.join(" or ")} is supported`);
      return;
    }
    instrumentation.patch(what, module, { package: file.package, version, path: file.path });
  }

  /** Whether a package whose ES modules are to be patched can be found by the application. */
  #esModulesMayCome(): boolean {
    const packages = new Set<string>();
    for (const { target } of this.#watched.values()) if (target.hasEsModules === true) packages.add(target.package);
    return this.#settings.directories.some((directory) => [...packages].some((name) => isInstalled(name, directory)));
  }
}

/** The code of one instrumentation, loaded when it is first needed. */
class LazyInstrumentation {
  readonly #name: string;
  readonly #loaded: InstrumentationModule | undefined;
  readonly #report: Report;
  readonly #telemetry: () => Telemetry;
  #module: InstrumentationModule | undefined;
  #hasFailed = false;

  constructor({ name, module }: InstrumentationEntry, report: Report, telemetry: () => Telemetry) {
    this.#name = name;
    this.#loaded = module;
    this.#report = report;
    this.#telemetry = telemetry;
  }

  /** An empty module after a failure, which is told once. */
  load(): InstrumentationModule {
    if (this.#module !== undefined) return this.#module;
    this.#module = {};
    try {
      const loaded =
        this.#loaded ?? (require(`./instrumentations/${this.#name}/${this.#name}.js`) as InstrumentationModule);
      loaded.start?.(this.#telemetry());
      this.#module = loaded;
      this.#report.tell("instrumented", this.#name);
    } catch (thrown) {
      this.#fail(this.#name, thrown);
    }
    return this.#module;
  }

  patch(what: string, module: { exports?: unknown }, file: LoadedFile): void {
    try {
      const replaced = this.load().patch?.(module.exports as never, file);
      if (replaced !== undefined) module.exports = replaced;
      if (!this.#hasFailed) this.#report.tell("instrumented", what);
    } catch (thrown) {
      this.#fail(what, thrown);
    }
  }

  /** A subscriber that throws would end the process, so nothing of ours may. */
  subscribe(name: string): void {
    let receive: ((message: never) => void) | undefined;
    channel(name).subscribe((message) => {
      try {
        receive ??= this.load().receive?.[name] ?? ignore;
        receive(message as never);
      } catch (thrown) {
        this.#fail(this.#name, thrown);
      }
    });
  }

  #fail(what: string, thrown: unknown): void {
    this.#hasFailed = true;
    this.#report.tell("not instrumented", what, messageOf(thrown));
    diag.error(`the instrumentation of ${what} failed: ${messageOf(thrown)}`);
  }
}

function ignore(): void {
  // The instrumentation failed to load; that was told.
}
