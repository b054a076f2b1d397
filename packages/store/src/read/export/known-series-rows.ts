import type { EngineClient } from "../../engine/engine-client.ts";
import { seriesOf, seriesQuery, type MetricSeriesRow } from "../series-rows.ts";

/** So many series are asked for in one query, whose text has a limit. */
const SERIES_A_QUERY = 1_000;
/** So many series are remembered; beyond, they are read again. */
const MAX_KNOWN_SERIES = 20_000;

/** Series by their fingerprints, each read once. */
export class KnownSeriesRows {
  readonly #client: EngineClient;
  // fingerprint --> its series
  readonly #known = new Map<string, MetricSeriesRow>();

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Those that are still there: retention may have taken a series and not yet its points. */
  async of(fingerprints: ReadonlySet<string>): Promise<Map<string, MetricSeriesRow>> {
    if (this.#known.size + fingerprints.size > MAX_KNOWN_SERIES) this.#known.clear();
    const unknown = [...fingerprints].filter((one) => !this.#known.has(one));
    for (const some of portions(unknown)) {
      const rows = await this.#client.rows(seriesQuery(`Fingerprint IN (${some.map((one) => BigInt(one)).join(",")})`));
      for (const one of rows.map(seriesOf)) this.#known.set(one.fingerprint, one);
    }
    return new Map(
      [...fingerprints].flatMap((one) => {
        const series = this.#known.get(one);
        return series === undefined ? [] : [[one, series] as const];
      }),
    );
  }
}

export function* portions<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += SERIES_A_QUERY) yield list.slice(start, start + SERIES_A_QUERY);
}
