/**
 * What extensions do for other components: keep things over a restart, tell who a client is,
 * prove to a server who we are. An extension offers any of these; a component asks for one by
 * the extension's id.
 */
import { ClewError } from "@clew/base";
import type { Component, Kind, Settings } from "./component.ts";
import type { SpanObserver } from "./telemetry/tracer.ts";

/** Request headers by their names in lower case. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** One change to a store: undefined removes the key. */
export interface StorageChange {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** Keys and values of one component, kept over restarts. */
export interface StorageClient {
  get(key: string): Promise<Uint8Array | undefined>;
  /** Every key there is, in no order. */
  keys(): readonly string[];
  /** Makes all changes or none, also over a crash. Resolves once they are durable. Rejects with `STORAGE_FAILED`. */
  apply(changes: readonly StorageChange[]): Promise<void>;
  close(): Promise<void>;
}

export interface Storage {
  /** Opens what `name` of a component keeps. One client at a time for each. */
  open(kind: Kind, componentId: string, name: string): Promise<StorageClient>;
}

export interface ServerAuthenticator {
  /** Resolves with what is known of the client. Rejects with `UNAUTHENTICATED`. */
  authenticate(headers: Headers): Promise<Readonly<Record<string, unknown>>>;
}

export interface ClientAuthenticator {
  /** The headers that a request must carry, made anew for each. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** The collector, as an extension may look at it. */
export interface CollectorView {
  readonly resource: Readonly<Record<string, string>>;
  readonly startTimeMs: number;
  readonly pipelines: readonly PipelineView[];
  /** Ids of the extensions that run. */
  readonly extensions: readonly string[];
}

export interface PipelineView {
  readonly id: string;
  readonly signal: string;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface Extension extends Component {
  /** Called when every pipeline runs. */
  ready?(collector: CollectorView): void;
  /** Called before the first pipeline stops. */
  notReady?(): void;
  /** Of a factory that `observesSpans`. */
  readonly spans?: SpanObserver;
  readonly storage?: Storage;
  readonly serverAuthenticator?: ServerAuthenticator;
  readonly clientAuthenticator?: ClientAuthenticator;
}

/** Throws `EXTENSION_MISSING` unless the extension `id` keeps things. */
export function storageOf(settings: Settings, id: string): Storage {
  return offered(settings, id, "storage", "file_storage");
}

/** Throws `EXTENSION_MISSING` unless the extension `id` authenticates clients. */
export function serverAuthenticatorOf(settings: Settings, id: string): ServerAuthenticator {
  return offered(settings, id, "serverAuthenticator", "basicauth or bearertokenauth");
}

/** Throws `EXTENSION_MISSING` unless the extension `id` authenticates us. */
export function clientAuthenticatorOf(settings: Settings, id: string): ClientAuthenticator {
  return offered(settings, id, "clientAuthenticator", "basicauth or bearertokenauth");
}

function offered<Offer extends "storage" | "serverAuthenticator" | "clientAuthenticator">(
  { path, extension }: Settings,
  id: string,
  offer: Offer,
  usual: string,
): NonNullable<Extension[Offer]> {
  const found = extension(id);
  const what = { storage: "storage", serverAuthenticator: "authentication", clientAuthenticator: "authentication" }[
    offer
  ];
  if (found === undefined) {
    throw new ClewError("EXTENSION_MISSING", `extension ${JSON.stringify(id)} not found`, {
      path,
      remedy: `configure it under extensions and name it in service::extensions; ${usual} offers ${what}`,
    });
  }
  const offers = found[offer];
  if (offers === undefined) {
    throw new ClewError("EXTENSION_MISSING", `extension ${JSON.stringify(id)} offers no ${what}`, {
      path,
      remedy: `name one of type ${usual}`,
    });
  }
  return offers;
}
