/** What an instrumentation is, and what it works with. */
import type { Meter, Tracer } from "@opentelemetry/api";
import type { Logger } from "@opentelemetry/api-logs";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where an instrumentation puts what it observes, under a scope of its own. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly env: Environment;
  /** Whether an official instrumentation package of that name is registered beside ours. */
  readonly hasOfficial: (name: string) => boolean;
}

/** A file of a package that was loaded just now, by `require` or by `import`. */
export interface LoadedFile {
  readonly package: string;
  readonly version: string;
  /** Inside the package, with forward slashes: `lib/client.js`. */
  readonly path: string;
}

/**
 * The file of an instrumentation, `instrumentations/<name>/<name>.ts`, exports some of these. It is
 * loaded when the first of what it is registered for happens; everything it exports is called so
 * that what it throws is reported and goes no further.
 */
export interface InstrumentationModule {
  /** Called once, before anything else. */
  readonly start?: (telemetry: Telemetry) => void;
  /**
   * Called once for each registered file, when it has run and before anybody else gets its exports,
   * to patch them in place. What it returns, if anything, takes the place of a CommonJS file's exports.
   */
  readonly patch?: (exports: never, file: LoadedFile) => unknown;
  /** Called with each message of the registered channels. */
  readonly receive?: Readonly<Record<string, (message: never) => void>>;
}

/** Files of one package that an instrumentation patches. */
export interface PackageTarget {
  readonly package: string;
  /** The major versions that were tested; others are left alone, and that is told. */
  readonly majors: readonly number[];
  readonly files: readonly string[];
  /** Whether some of the files are ES modules, which need a hook of their own. */
  readonly hasEsModules?: true;
}

/** A line of the registry: when an instrumentation's code is needed. */
export interface InstrumentationEntry {
  /** The name in `OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS`, and of the folder. */
  readonly name: string;
  readonly packages?: readonly PackageTarget[];
  /** Channels of `diagnostics_channel`: the code is loaded at the first message. */
  readonly channels?: readonly string[];
  /** Whether the code is needed from the start, since nothing tells when it begins to matter. */
  readonly isNeeded?: (env: Environment) => boolean;
  /** The code itself, for what is needed from the start anyway: a file less to find. */
  readonly module?: InstrumentationModule;
  /** Whether what is needed from the start can come after the application's own start. */
  readonly isDeferred?: true;
}
