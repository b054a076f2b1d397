import { FamilyMetadata } from "./family-metadata.ts";
import { LabelSets } from "./label-sets.ts";
import { otlpRequest, type OtlpRequest } from "./otlp-request.ts";
import { RequestSeriesList } from "./request-series.ts";
import { readWriteRequest, type RemoteWriteVersion } from "./write-request.ts";

/** Requests of remote write, one after the other, as requests of OTLP. What is known of series and families is kept between them. */
export class WriteConverter {
  readonly #families = new FamilyMetadata();
  readonly #labelSets = new LabelSets();
  readonly #series = new RequestSeriesList();

  /** Throws what reading throws. */
  asOtlp(bytes: Buffer, version: RemoteWriteVersion, nowMs: number): OtlpRequest {
    const [series, labelSets] = [this.#series, this.#labelSets];
    labelSets.begin(nowMs);
    try {
      this.#families.learn(readWriteRequest(bytes, version, { series, labelSets }));
      return otlpRequest(bytes, series, { metadataOf: (name) => this.#families.of(name), labelSets, nowMs });
    } finally {
      series.clear();
    }
  }
}
