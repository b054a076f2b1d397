import type { Metadata, Series, SeriesBatch } from "./series.ts";

/** Writes one request after the other in a version of remote write. */
export interface RequestWriter {
  /** How large the request is by now, about. */
  readonly byteLength: number;
  /** Returns what takes the series back out, as long as it is the last one. */
  add(series: Series): () => void;
  addMetadata(metadata: Metadata): void;
  /** The request as it is; the next one begins empty. */
  take(): Uint8Array;
}

/** One request, and how much is in it. */
export interface WriteRequest {
  readonly bytes: Uint8Array;
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

interface Counts {
  samples: number;
  histograms: number;
  exemplars: number;
}

/** The batch in requests of at most `maxBytes`, unless a single series is larger. */
export function writeRequests(
  batch: SeriesBatch,
  writer: RequestWriter,
  { maxBytes, withMetadata }: { readonly maxBytes: number; readonly withMetadata: boolean },
): WriteRequest[] {
  const requests: WriteRequest[] = [];
  let counts = noCounts();
  const close = (): void => {
    if (writer.byteLength > 0) requests.push({ bytes: writer.take(), ...counts });
    counts = noCounts();
  };
  for (const series of batch) {
    const isFirst = writer.byteLength === 0;
    const takeBack = writer.add(series);
    if (writer.byteLength > maxBytes && !isFirst) {
      takeBack();
      close();
      writer.add(series);
    }
    counts.samples += series.samples.length;
    counts.histograms += series.histograms.length;
    counts.exemplars += series.exemplars.length;
  }
  close();
  if (!withMetadata) return requests;
  for (const metadata of batch.metadata.values()) {
    writer.addMetadata(metadata);
    if (writer.byteLength > maxBytes) close();
  }
  close();
  return requests;
}

function noCounts(): Counts {
  return { samples: 0, histograms: 0, exemplars: 0 };
}
