import { optionalText } from "./text.ts";

/** The library, and its version, that made a span, a metric or a log record. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface ScopeOptions {
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Keeps one `Thing` (a tracer, a meter, a logger) for each scope. The specification compares
 * scopes by all four parts.
 */
export class ScopeRegistry<Thing> {
  readonly #things = new Map<string, Thing>();
  readonly #create: (scope: InstrumentationScope) => Thing;

  constructor(create: (scope: InstrumentationScope) => Thing) {
    this.#create = create;
  }

  get(name: string, version: string | undefined, options: ScopeOptions | undefined): Thing {
    const key = JSON.stringify([name, version ?? "", options?.schemaUrl ?? "", sorted(options?.attributes)]);
    const known = this.#things.get(key);
    if (known !== undefined) return known;
    const thing = this.#create(scopeOf(name, version, options));
    this.#things.set(key, thing);
    return thing;
  }

  values(): Iterable<Thing> {
    return this.#things.values();
  }
}

/** A name that is none becomes an empty one, as the specification has it. */
function scopeOf(name: unknown, version: unknown, options: ScopeOptions | undefined): InstrumentationScope {
  const versionText = optionalText(version);
  const schemaUrl = optionalText(options?.schemaUrl);
  return {
    name: optionalText(name) ?? "",
    ...(versionText !== undefined && { version: versionText }),
    ...(schemaUrl !== undefined && { schemaUrl }),
    ...(options?.attributes !== undefined && { attributes: { ...options.attributes } }),
  };
}

function sorted(attributes: Readonly<Record<string, unknown>> | undefined): unknown[] {
  return Object.entries(attributes ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
}
