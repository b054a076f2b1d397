/** The columns that points of every shape have. */
import type { Reader } from "@clew/otlp";
import type { ByteSource } from "../../block/byte-source.ts";
import { FixedColumn, type Column } from "../../block/columns.ts";
import type { MetricContext, MetricSeries } from "../metric-series.ts";
import type { KnownSeries } from "../known-series.ts";
import type { Ranges } from "../walk-records.ts";
import { PointAttributes } from "./point-attributes.ts";

export class PointColumns {
  readonly #series: MetricSeries;
  readonly #locality = new FixedColumn("UInt64", 8);
  readonly #fingerprint = new FixedColumn("UInt64", 8);
  readonly #timestamp = new FixedColumn("DateTime64(9)", 8);
  readonly #startTimestamp = new FixedColumn("DateTime64(9)", 8);
  readonly #flags = new FixedColumn("UInt32", 4);
  readonly #attributes = new PointAttributes();

  readonly columns: Readonly<Record<string, Column>> = {
    Locality: this.#locality,
    Fingerprint: this.#fingerprint,
    Timestamp: this.#timestamp,
    StartTimestamp: this.#startTimestamp,
    Flags: this.#flags,
  };

  constructor(series: MetricSeries) {
    this.#series = series;
  }

  /** For the attributes of a point of this metric, until the next one is asked for. */
  attributesIn({ series }: MetricContext): PointAttributes {
    return this.#attributes.begin(series);
  }

  /** Writes one point's row; `startAt` and `timeAt` are where the times stand, -1 for none. Returns which series it is of. */
  addRow(
    reader: Reader,
    context: MetricContext,
    attributes: PointAttributes,
    startAt: number,
    timeAt: number,
    flags: number,
  ): KnownSeries {
    const series = this.seriesAt(reader, context, attributes, timeAt);
    series.put(this.#locality, this.#fingerprint);
    addEight(this.#timestamp, reader, timeAt);
    addEight(this.#startTimestamp, reader, startAt);
    this.#flags.values.u32(flags);
    return series;
  }

  /** The series of a point whose time stands at `timeAt`; its row is written where it is new. */
  seriesAt(reader: Reader, context: MetricContext, attributes: PointAttributes, timeAt: number): KnownSeries {
    const { bytes } = reader;
    const timeUnixNano = timeAt < 0 ? 0 : bytes.readUInt32LE(timeAt + 4) * 4_294_967_296 + bytes.readUInt32LE(timeAt);
    return this.#series.find(reader, context, attributes, timeUnixNano);
  }
}

/** The eight bytes that stand at `at`, a time, double or count; 0 where they are missing. */
export function addEight(column: FixedColumn, source: ByteSource, at: number): void {
  if (at < 0) column.values.u64(0);
  else column.values.eightFrom(source, at);
}

/** Notes that eight bytes stand here and moves past them. */
export function take8(reader: Reader): number {
  const at = reader.position;
  reader.position += 8;
  return at;
}

/** Adds the range of a length-delimited value to a list and moves past it. */
export function pushRange(reader: Reader, ranges: Ranges): void {
  const end = reader.lengthEnd();
  ranges.push(reader.position, end);
  reader.position = end;
}
