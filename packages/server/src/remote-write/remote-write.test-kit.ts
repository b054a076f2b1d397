/** Requests of remote write as protobufjs writes them, and a server that takes them. */
import { snappyCompress } from "../../../collector/src/compression/snappy.ts";
import {
  WRITE_REQUEST_V1,
  WRITE_REQUEST_V2,
} from "../../../collector/src/components/exporters/prometheus-remote-write/remote-write.test-kit.ts";

export type LabelRecord = Readonly<Record<string, string>>;

export interface SentSeries {
  readonly labels: LabelRecord | readonly (readonly [string, string])[];
  readonly samples?: readonly {
    readonly value: number;
    readonly timestamp: number;
    readonly startTimestamp?: number;
  }[];
  readonly histograms?: readonly object[];
  readonly exemplars?: readonly { readonly labels: LabelRecord; readonly value: number; readonly timestamp: number }[];
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
}

export const V2_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

export function requestV1(series: readonly SentSeries[], metadata: readonly object[] = []): Buffer {
  const list = (labels: SentSeries["labels"]): object[] => pairsOf(labels).map(([name, value]) => ({ name, value }));
  const timeseries = series.map(({ labels, exemplars = [], ...rest }) => ({
    ...rest,
    labels: list(labels),
    exemplars: exemplars.map((exemplar) => ({ ...exemplar, labels: list(exemplar.labels) })),
  }));
  return snappyCompress(WRITE_REQUEST_V1.encode(WRITE_REQUEST_V1.fromObject({ timeseries, metadata })).finish());
}

export function requestV2(series: readonly SentSeries[]): Buffer {
  const symbols = [""];
  const referenceOf = (text: string): number => {
    if (!symbols.includes(text)) symbols.push(text);
    return symbols.indexOf(text);
  };
  const references = (labels: SentSeries["labels"]): number[] => pairsOf(labels).flat().map(referenceOf);
  const timeseries = series.map(({ labels, exemplars = [], metadata, ...rest }) => ({
    ...rest,
    labelsRefs: references(labels),
    exemplars: exemplars.map(({ labels: own, ...other }) => ({ ...other, labelsRefs: references(own) })),
    ...(metadata === undefined
      ? {}
      : {
          metadata: {
            type: metadata.type,
            helpRef: referenceOf(metadata.help),
            unitRef: referenceOf(metadata.unit),
          },
        }),
  }));
  return snappyCompress(WRITE_REQUEST_V2.encode(WRITE_REQUEST_V2.fromObject({ symbols, timeseries })).finish());
}

function pairsOf(labels: SentSeries["labels"]): readonly (readonly [string, string])[] {
  return Array.isArray(labels)
    ? (labels as readonly (readonly [string, string])[])
    : Object.entries(labels as LabelRecord).sort(([a], [b]) => (a < b ? -1 : 1));
}
