import type { AnyValueMap } from "./any-value.ts";
import { AttributeList, NO_LIMITS } from "./attribute-list.ts";
import { optionalText } from "./text.ts";
import { identityOfValue } from "./value-identity.ts";

/** The library, and its version, that made a span, a metric or a log record. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
  readonly attributes?: AnyValueMap;
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
    const scope = scopeOf(name, version, options);
    const key = identityOfValue([scope.name, scope.version ?? "", scope.schemaUrl ?? "", scope.attributes ?? {}]);
    let thing = this.#things.get(key);
    if (thing === undefined) this.#things.set(key, (thing = this.#create(scope)));
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
  const attributes = attributesOf(options);
  return {
    name: optionalText(name) ?? "",
    ...(versionText !== undefined && { version: versionText }),
    ...(schemaUrl !== undefined && { schemaUrl }),
    ...(attributes !== undefined && { attributes }),
  };
}

function attributesOf(options: ScopeOptions | undefined): AnyValueMap | undefined {
  if (options?.attributes === undefined) return undefined;
  const attributes = new AttributeList(NO_LIMITS);
  attributes.setAll(options.attributes);
  return attributes.toObject();
}
