/**
 * What a component is made of. A factory is a value: its type, stability and schema are
 * data, and `create` makes the component once its configuration was read. Nothing here is
 * written per signal: a payload says what it carries.
 */
import type { Clock } from "@clew/base";
import type { Signal } from "@clew/otlp";
import type { Consumer, Consumers } from "./consumer.ts";
import type { Extension } from "./extension.ts";
import type { Address } from "./net/address.ts";
import type { Schema } from "./schema/schema.ts";
import type { Logger } from "./telemetry/logger.ts";
import type { Meter } from "./telemetry/meter.ts";
import type { Tracer } from "./telemetry/tracer.ts";

export type Kind = "receiver" | "processor" | "exporter" | "connector" | "extension";

export type Stability = "development" | "alpha" | "beta" | "stable" | "deprecated";

/** Anything with a life. */
export interface Component {
  /** Acquires what it needs. A rejected start leaves nothing behind. */
  start(): Promise<void>;
  /**
   * Finishes work in hand, then releases everything. Safe to call twice. A receiver takes
   * nothing new, and resolves when what it had taken was answered. A processor hands on what
   * it held back, without waiting for its delivery, and passes on at once what still comes.
   * An exporter tries once more to deliver what it has, and refuses what still comes.
   */
  shutdown(): Promise<void>;
}

/** What the service hands to a component beside its configuration. */
export interface Settings {
  /** `type/name`, or `type` where there is no name. */
  readonly id: string;
  /** The configuration path of the component, such as `receivers::otlp`. */
  readonly path: string;
  readonly clock: Clock;
  /** Says which component speaks. */
  readonly logger: Logger;
  /** The same without sampling: for lines that are a component's product. */
  readonly unsampledLogger: Logger;
  /** The collector's own metrics. */
  readonly meter: Meter;
  /** The collector's own traces; undefined where it has none. */
  readonly tracer?: Tracer | undefined;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Takes errors that have nowhere else to go. */
  readonly report: (error: unknown) => void;
  /** Makes known where a server listens. `setting` is its path below the component: `protocols::grpc::endpoint`. */
  readonly listening: (setting: string, address: Address) => void;
  /** A running extension by its id. Use `storageOf`, `serverAuthenticatorOf` or `clientAuthenticatorOf`. */
  readonly extension: (id: string) => Extension | undefined;
}

interface FactoryBase<Config> {
  /** The first half of an id, `lower_snake_case`. */
  readonly type: string;
  /** An older type under which it can still be configured, with a warning. */
  readonly alias?: string;
  /** The signals it takes, and how far it can be relied on for each. */
  readonly stability: Readonly<Partial<Record<Signal, Stability>>>;
  readonly schema: Schema<Config>;
}

/** One instance per id feeds all its pipelines. `next` counts what it takes under the transport it came over. */
export interface ReceiverFactory<Config> extends FactoryBase<Config> {
  readonly kind: "receiver";
  create(settings: Settings, config: Config, next: (transport: string) => Consumers): Component;
}

/** One instance per pipeline that names it. */
export interface ProcessorFactory<Config> extends FactoryBase<Config> {
  readonly kind: "processor";
  create(settings: Settings, config: Config, next: Consumer, signal: Signal): Component & Consumer;
}

export interface Exporter extends Component, Consumer {
  /** Whether it counts by itself what it sends, since that is not when it takes it. */
  readonly countsDeliveries?: boolean;
}

/** One instance per id takes from all its pipelines. `signals` are those of its pipelines. */
export interface ExporterFactory<Config> extends FactoryBase<Config> {
  readonly kind: "exporter";
  create(settings: Settings, config: Config, signals: readonly Signal[]): Exporter;
}

/** Where a connector's output goes. */
export interface ConnectorOutput {
  /** The signal that comes in, and the one that goes out. */
  readonly from: Signal;
  readonly to: Signal;
  /** Every pipeline of `to` that names the connector as a receiver. */
  readonly next: Consumer;
  /** The same, one by one, by the pipelines' ids. */
  readonly pipelines: ReadonlyMap<string, Consumer>;
}

/** An exporter of one pipeline that is a receiver of another. One instance per id and pair of signals. */
export interface ConnectorFactory<Config> extends Omit<FactoryBase<Config>, "stability"> {
  readonly kind: "connector";
  // signal that comes in --> signal that goes out --> how far it can be relied on
  readonly stability: Readonly<Partial<Record<Signal, Readonly<Partial<Record<Signal, Stability>>>>>>;
  create(settings: Settings, config: Config, output: ConnectorOutput): Component & Consumer;
}

/** Runs beside the pipelines. */
export interface ExtensionFactory<Config> extends Omit<FactoryBase<Config>, "stability"> {
  readonly kind: "extension";
  readonly stability: Stability;
  /** Whether it wants to see the collector's own spans, which are made then. */
  readonly observesSpans?: boolean;
  create(settings: Settings, config: Config): Extension;
}

export type ComponentFactory<Config> =
  | ReceiverFactory<Config>
  | ProcessorFactory<Config>
  | ExporterFactory<Config>
  | ConnectorFactory<Config>
  | ExtensionFactory<Config>;

/** For components that hold nothing. */
export const stateless: Component = {
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
