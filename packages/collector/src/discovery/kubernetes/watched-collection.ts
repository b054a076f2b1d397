/**
 * Objects of one kind, kept as the API has them: a list, then a watch from the list's version on. While the API is away what was
 * known stays.
 */
import { messageOf, sleep } from "@clew/base";
import type { DiscoverySettings } from "../discovery.ts";
import { ApiError, type ApiClient } from "./api-client.ts";
import { keyOf, type KubernetesObject } from "./objects.ts";

const PAGE_OBJECTS = 500;
/** Of one kind, in all. */
const MAX_OBJECTS = 1_000_000;
/** A watch goes on for so long, and up to as long again, so that not all end at once. */
const WATCH_SECONDS = 300;
/** A watch that ended sooner, without an event, is a failure. */
const LEAST_WATCH_MS = 1_000;
const FIRST_DELAY_MS = 800;
const MAX_DELAY_MS = 30_000;

/** Where objects are, and which of them. */
export interface Resource {
  /** `/api/v1/namespaces/shop/pods` */
  readonly path: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

interface ListAnswer {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: unknown;
}

interface WatchEvent {
  readonly type?: string;
  readonly object?: KubernetesObject & { readonly code?: number; readonly message?: string };
}

export class WatchedCollection<T extends KubernetesObject = KubernetesObject> {
  readonly #client: ApiClient;
  readonly #resource: Resource;
  readonly #settings: DiscoverySettings;
  readonly #changed: (key: string | undefined) => void;
  readonly #objects = new Map<string, T>();
  #isListed = false;
  /** That of the last change; undefined where all must be listed. */
  #version: string | undefined;
  /** A list from the API's cache is enough, unless that was older than what we had. */
  #cacheWillDo = true;
  #failures = 0;

  /** `changed` is called with an object's key, or without where any may have changed. */
  constructor(
    client: ApiClient,
    resource: Resource,
    settings: DiscoverySettings,
    changed: (key: string | undefined) => void,
  ) {
    this.#client = client;
    this.#resource = resource;
    this.#settings = settings;
    this.#changed = changed;
  }

  /** By key. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  /** Whether they were listed at least once. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Goes on until `signal` aborts. Does not reject. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#failures++;
        this.#weigh(error);
      }
      if (this.#failures > 0) await sleep(this.#settings.clock, this.#delayMs(), signal);
    }
  }

  #delayMs(): number {
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), MAX_DELAY_MS);
    return delayMs * (1 + this.#settings.random());
  }

  #weigh(error: unknown): void {
    // After an error of the connection alone the watch goes on where it was.
    if (error instanceof ApiError) this.#version = undefined;
    if (error instanceof ApiError && error.isExpired) {
      this.#cacheWillDo = false;
      return;
    }
    this.#settings.logger.error("Failed to list or watch Kubernetes objects", {
      discovery: "kubernetes",
      resource: this.#resource.path,
      error: messageOf(error),
    });
  }

  async #list(signal: AbortSignal): Promise<void> {
    const objects = new Map<string, T>();
    let version: string | undefined;
    let next = "";
    do {
      const query = this.#query({ limit: String(PAGE_OBJECTS) });
      if (next !== "") query.set("continue", next);
      else if (this.#cacheWillDo) query.set("resourceVersion", "0");
      const { items, metadata } = kept(await this.#client.page(this.#resource.path, query, signal)) as ListAnswer;
      if (metadata?.resourceVersion === undefined || !Array.isArray(items ?? []))
        throw new ApiError("the answer is no list");
      for (const item of (items ?? []) as T[]) objects.set(keyOf(item), item);
      if (objects.size > MAX_OBJECTS) throw new ApiError(`more than ${MAX_OBJECTS} objects`);
      version = metadata.resourceVersion;
      next = metadata.continue ?? "";
    } while (next !== "");
    this.#version = version;
    this.#cacheWillDo = true;
    this.#isListed = true;
    this.#objects.clear();
    for (const [key, object] of objects) this.#objects.set(key, object);
    this.#changed(undefined);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#settings;
    const seconds = Math.round(WATCH_SECONDS * (1 + random()));
    const query = this.#query({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version ?? "",
      timeoutSeconds: String(seconds),
    });
    const startMs = clock.nowMs();
    let isOfUse = false;
    try {
      await this.#client.watch(this.#resource.path, query, seconds, signal, (event) => {
        this.#take(kept(event) as WatchEvent);
        isOfUse = true;
      });
    } finally {
      if (isOfUse || clock.nowMs() - startMs >= LEAST_WATCH_MS) this.#failures = 0;
    }
    if (!isOfUse && clock.nowMs() - startMs < LEAST_WATCH_MS) throw new Error("the watch ended at once");
  }

  #take({ type, object }: WatchEvent): void {
    if (type === "ERROR") throw new ApiError(object?.message ?? "the watch failed", object?.code);
    const version = object?.metadata?.resourceVersion;
    if (object === undefined || version === undefined) throw new ApiError("an event without a versioned object");
    if (type === "DELETED") this.#objects.delete(keyOf(object));
    else if (type === "ADDED" || type === "MODIFIED") this.#objects.set(keyOf(object), object as T);
    else if (type !== "BOOKMARK") throw new ApiError(`an event of the unknown type ${JSON.stringify(type)}`);
    this.#version = version;
    if (type !== "BOOKMARK") this.#changed(keyOf(object));
  }

  #query(parameters: Readonly<Record<string, string>>): URLSearchParams {
    const { labelSelector, fieldSelector } = this.#resource;
    return new URLSearchParams({
      ...(labelSelector === "" ? {} : { labelSelector }),
      ...(fieldSelector === "" ? {} : { fieldSelector }),
      ...parameters,
    });
  }
}

/** Parts of objects that hold much and that nobody reads. Labels of these names are kept: they are no objects. */
const UNREAD = new Set([
  "managedFields", "template", "images", "volumes", "volumeMounts", "volumesInUse", "volumesAttached", "env", "envFrom",
  "args", "command", "resources", "affinity", "tolerations", "securityContext", "lifecycle", "livenessProbe",
  "readinessProbe", "startupProbe",
]); // prettier-ignore

/** What is kept of an answer: no null, which the API writes for what is not there, and nothing that is not read. */
function kept(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(kept);
  const parts: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value) as [string, unknown][]) {
    if (typeof one !== "object" || !UNREAD.has(key)) parts[key] = kept(one);
  }
  return parts;
}
