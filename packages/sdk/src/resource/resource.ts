import { basename } from "node:path";
import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { type AnyValue, copyValue } from "../common/any-value.ts";
import { type Environment, readPairs, readText } from "../config/environment.ts";
import { VERSION } from "../version.ts";
import type { Entity } from "./entity.ts";
import { type ResolvedResource, resolveLayers, type ResourceLayer } from "./resource-layers.ts";

/** The entity that produces the telemetry: a service, on a host, in a container. */
export interface Resource {
  /** Without those that are still being found out. */
  readonly attributes: Readonly<Record<string, AnyValue>>;
  readonly schemaUrl?: string | undefined;
  /** What the attributes belong to, as far as that is known. */
  readonly entities?: readonly Entity[];
  /** Whether some attributes are still being found out. */
  readonly asyncAttributesPending?: boolean;
  /** Resolves when all attributes are there. Never rejects. */
  waitForAsyncAttributes?(): Promise<void>;
  /** A resource with the attributes of both; where both have one, `other` wins. */
  merge(other: Resource | null): Resource;
}

export interface ResourceOptions {
  readonly schemaUrl?: string | undefined;
  readonly entities?: readonly Entity[];
}

/** What a detector found, or will have found. An attribute of `undefined` is none. */
export interface DetectedResource {
  readonly attributes?: DetectedResourceAttributes | Promise<DetectedResourceAttributes>;
  readonly entities?: readonly Entity[];
  readonly schemaUrl?: string;
}
export type DetectedResourceAttributes = Readonly<Record<string, unknown>>;

/**
 * Makes a resource from attributes. Values may be promises: the resource has them once they are resolved, and
 * does without the ones that reject. Values that OTLP cannot carry are left out.
 */
export function resourceFromAttributes(
  attributes: DetectedResourceAttributes,
  options: ResourceOptions = {},
): Resource {
  const entries = Object.entries(attributes);
  const isPromise = ([, value]: [string, unknown]): boolean => isThenable(value);
  const known = new LayeredResource([
    layerOf(Object.fromEntries(entries.filter((entry) => !isPromise(entry))), options),
  ]);
  const promised = entries.filter(isPromise);
  if (promised.length === 0) return known;
  const settled = Promise.all(promised.map(async ([key, value]) => [key, await valueOf(key, value)] as const));
  return known.merge(new LayeredResource([settled.then((pairs) => layerOf(Object.fromEntries(pairs), {}))]));
}

/** Makes a resource from what a detector gave. */
export function resourceFromDetectedResource({ attributes = {}, ...options }: DetectedResource): Resource {
  if (!(attributes instanceof Promise)) return resourceFromAttributes(attributes, options);
  const layer = attributes.then(
    (found) => layerOf(found, Object.keys(found).length === 0 ? {} : options),
    (thrown: unknown) => {
      diag.debug(`a resource detector failed: ${messageOf(thrown)}`);
      return layerOf({}, {});
    },
  );
  return new LayeredResource([layer]);
}

export function emptyResource(): Resource {
  return new LayeredResource([]);
}

/** Where nobody names the service. */
export function defaultServiceName(): string {
  return `unknown_service:${basename(process.execPath) || "node"}`;
}

/** What every resource says unless told otherwise: the name `unknown_service:node` and this SDK. */
export function defaultResource(): Resource {
  return resourceFromAttributes({
    "service.name": defaultServiceName(),
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "clew",
    "telemetry.sdk.version": VERSION,
  });
}

/** `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_SERVICE_NAME`, which wins over the former's `service.name`. */
export function resourceFromEnvironment(env: Environment = process.env): Resource {
  const serviceName = readText(env, "OTEL_SERVICE_NAME");
  return resourceFromAttributes({
    ...readPairs(env, "OTEL_RESOURCE_ATTRIBUTES"),
    ...(serviceName !== undefined && { "service.name": serviceName }),
  });
}

/** How long an export waits for attributes that are still being found out. */
const MAX_WAIT_MS = 10_000;

/**
 * Resolves when all attributes are there, or after 10 seconds; `undefined` when there is nothing to wait for. Keeps
 * the process alive meanwhile: finding out does not do so by itself, and somebody wants to export.
 */
export function whenResourcesAreKnown(resources: readonly (Resource | undefined)[]): Promise<void> | undefined {
  const pending = resources.filter((resource) => resource?.asyncAttributesPending === true);
  return pending.length === 0 ? undefined : waitFor(pending);
}

async function waitFor(pending: readonly (Resource | undefined)[]): Promise<void> {
  const known = Promise.allSettled(pending.map(async (resource) => resource?.waitForAsyncAttributes?.()));
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, MAX_WAIT_MS)));
  await Promise.race([known, timeout]);
  clearTimeout(timer);
}

class LayeredResource implements Resource {
  // A layer that is a promise is replaced by what it resolves to.
  readonly #layers: (ResourceLayer | Promise<ResourceLayer>)[];
  #pendingCount: number;
  #resolved: ResolvedResource | undefined;
  #settled: Promise<unknown>;

  constructor(layers: readonly (ResourceLayer | Promise<ResourceLayer>)[]) {
    this.#layers = [...layers];
    const pending = layers.flatMap((layer, at) => (layer instanceof Promise ? [this.#replace(at, layer)] : []));
    this.#pendingCount = pending.length;
    this.#settled = Promise.all(pending);
  }

  get attributes(): Readonly<Record<string, AnyValue>> {
    return this.#whole.attributes;
  }

  get entities(): readonly Entity[] {
    return this.#whole.entities;
  }

  get schemaUrl(): string | undefined {
    return this.#whole.schemaUrl;
  }

  get asyncAttributesPending(): boolean {
    return this.#pendingCount > 0;
  }

  async waitForAsyncAttributes(): Promise<void> {
    await this.#settled;
  }

  /** The attributes as the official SDK's resources ask each other for them. */
  getRawAttributes(): [string, AnyValue][] {
    return Object.entries(this.attributes);
  }

  merge(other: Resource | null): Resource {
    if (other === null) return this;
    return new LayeredResource([
      ...this.#layers,
      ...(other instanceof LayeredResource ? other.#layers : foreign(other)),
    ]);
  }

  get #whole(): ResolvedResource {
    this.#resolved ??= resolveLayers(
      this.#layers.filter((layer): layer is ResourceLayer => !(layer instanceof Promise)),
    );
    return this.#resolved;
  }

  async #replace(at: number, layer: Promise<ResourceLayer>): Promise<void> {
    this.#layers[at] = await layer;
    this.#pendingCount--;
    this.#resolved = undefined;
  }
}

/** The layers of a resource that another package made. */
function foreign(resource: Resource): (ResourceLayer | Promise<ResourceLayer>)[] {
  const now = layerOf(resource.attributes, resource);
  if (resource.asyncAttributesPending !== true || resource.waitForAsyncAttributes === undefined) return [now];
  const layer = (): ResourceLayer => layerOf(resource.attributes, resource);
  return [resource.waitForAsyncAttributes().then(layer, layer)];
}

/** Copies what OTLP can carry. */
function layerOf(attributes: DetectedResourceAttributes, { schemaUrl, entities = [] }: ResourceOptions): ResourceLayer {
  const copies: [string, AnyValue][] = [];
  for (const [key, value] of Object.entries(attributes)) {
    const copy = copyValue(value);
    if (copy !== undefined && copy !== null) copies.push([key, copy]);
  }
  return { attributes: Object.fromEntries(copies), entities, schemaUrl };
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

async function valueOf(key: string, value: unknown): Promise<unknown> {
  try {
    return await value;
  } catch (thrown) {
    diag.debug(`resource attribute ${key} is left out: ${messageOf(thrown)}`);
    return undefined;
  }
}
