import { diag } from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { type AggregationOption, AggregationType, aggregationProblem } from "./aggregation-option.ts";
import { createAggregation } from "./aggregation.ts";
import { createAllowListAttributesProcessor } from "./attributes-processor.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import type { StorageSettings } from "./metric-storage.ts";
import type { MeterSettings, ReaderSettings } from "./meter-settings.ts";
import type { StreamOptions } from "./view.ts";

/** The metrics of a meter, which must have different names. */
export class StreamRegistry {
  readonly #scope: InstrumentationScope;
  readonly #settings: MeterSettings;
  // Lower-case names, because names do not differ by case.
  readonly #byName = new Map<string, InstrumentDescriptor>();

  constructor(scope: InstrumentationScope, settings: MeterSettings) {
    this.#scope = scope;
    this.#settings = settings;
  }

  /** For each reader the settings of the metrics that views make of an instrument. */
  settingsFor(instrument: InstrumentDescriptor): readonly (readonly StorageSettings[])[] {
    const streams = this.#settings.views.streamsOf(instrument, this.#scope);
    for (const stream of streams) if (!isDropped(stream)) this.#warnOfConflict(instrument, stream);
    return this.#settings.readers.map((reader) =>
      streams.map((stream) => this.#storageSettings(instrument, stream, reader)).filter((one) => one !== undefined),
    );
  }

  /** `undefined` when measurements are dropped. */
  #storageSettings(
    instrument: InstrumentDescriptor,
    stream: StreamOptions,
    reader: ReaderSettings,
  ): StorageSettings | undefined {
    const { eligibility: isEligible, clock, random } = this.#settings;
    const option = stream.aggregation ?? this.#aggregationOf(reader, instrument);
    const aggregation = createAggregation(option, instrument);
    if (aggregation === undefined) return undefined;
    const { exemplarReservoir } = stream;
    const { attributes } = instrument.advice;
    const advised = attributes === undefined ? [] : [createAllowListAttributesProcessor(attributes)];
    return {
      resource: this.#settings.resource,
      scope: this.#scope,
      descriptor: streamDescriptor(instrument, stream),
      aggregation,
      temporality: reader.temporality(instrument.type),
      cardinalityLimit: stream.aggregationCardinalityLimit ?? reader.cardinalityLimit(instrument.type),
      attributesProcessors: stream.attributesProcessors ?? advised,
      isEligible,
      createReservoir: () => exemplarReservoir?.(option) ?? aggregation.createReservoir(random),
      clock,
    };
  }

  #aggregationOf(reader: ReaderSettings, { name, type }: InstrumentDescriptor): AggregationOption {
    const option = reader.aggregation(type);
    const problem = aggregationProblem(option, type);
    if (problem === undefined) return option;
    diag.warn(`${name}: the aggregation of the metric reader is ignored, the default one is used: ${problem}`);
    return { type: AggregationType.DEFAULT };
  }

  /** Specification, "Duplicate instrument registration". */
  #warnOfConflict(instrument: InstrumentDescriptor, stream: StreamOptions): void {
    const descriptor = streamDescriptor(instrument, stream);
    const key = descriptor.name.toLowerCase();
    const known = this.#byName.get(key);
    if (known === undefined) this.#byName.set(key, descriptor);
    else diag.warn(`there are two metrics ${descriptor.name}, both are exported: ${conflictOf(known, descriptor)}`);
  }
}

function isDropped({ aggregation }: StreamOptions): boolean {
  return aggregation?.type === AggregationType.DROP;
}

function streamDescriptor(
  instrument: InstrumentDescriptor,
  { name, description }: StreamOptions,
): InstrumentDescriptor {
  if (name === undefined && description === undefined) return instrument;
  return { ...instrument, name: name ?? instrument.name, description: description ?? instrument.description };
}

/** What differs, and how it can be resolved. */
function conflictOf(known: InstrumentDescriptor, added: InstrumentDescriptor): string {
  const differing = (["type", "unit", "valueType", "description"] as const).filter((key) => known[key] !== added[key]);
  if (differing.length === 0) return "they differ in nothing; give one of the views another name";
  const values = differing.map((key) => `${key} is ${JSON.stringify(known[key])} and ${JSON.stringify(added[key])}`);
  return `${values.join(", ")}; ${remedyFor(differing, added)}`;
}

function remedyFor(differing: readonly string[], { name, type, unit, description }: InstrumentDescriptor): string {
  if (differing.length === 1 && differing[0] === "description") {
    return `a view { instrumentName: "${name}", description: ${JSON.stringify(description)} } makes them one`;
  }
  if (differing.includes("type")) {
    return `a view { instrumentName: "${name}", instrumentType: "${type}", name: "another" } renames the second`;
  }
  if (differing.includes("unit")) {
    return `a view { instrumentName: "${name}", instrumentUnit: "${unit}", name: "another" } renames the second`;
  }
  return "make the instrument in the same way everywhere";
}
