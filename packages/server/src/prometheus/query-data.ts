import type { QueryStatistics, QueryValue } from "@clew/query";
import { floatText, histogramText, labelsText, timeText } from "./json-values.ts";
import { matrixPieces } from "./matrix-json.ts";

/** How many points of a vector go into one piece of text. */
const POINTS_A_PIECE = 16;

/** The `data` of a query's answer in pieces of text or of its bytes, a few series each. */
export function* queryDataPieces(value: QueryValue, statistics?: QueryStatistics): Generator<string | Uint8Array> {
  yield `{"resultType":"${value.type}","result":`;
  if (value.type === "scalar") yield `[${timeText(value.timeMs)},"${floatText(value.value)}"]`;
  if (value.type === "string") yield `[${timeText(value.timeMs)},${JSON.stringify(value.value)}]`;
  if (value.type === "vector") {
    const time = timeText(value.timeMs);
    yield* listPieces(value.points, ({ labels, value }) => {
      const point =
        typeof value === "number"
          ? `"value":[${time},"${floatText(value)}"]`
          : `"histogram":[${time},${histogramText(value)}]`;
      return `{"metric":${labelsText(labels)},${point}}`;
    });
  }
  if (value.type === "matrix") yield* matrixPieces(value.series);
  if (statistics !== undefined) yield `,"stats":${statisticsText(statistics)}`;
  yield "}";
}

/** Times in seconds. Nothing waits in a queue here, and sorting is a part of evaluating. */
function statisticsText(statistics: QueryStatistics): string {
  const { samples, samplesRead, peakSamples, preparationMs, evaluationMs } = statistics;
  const total = (preparationMs + evaluationMs) / 1_000;
  const timings = {
    evalTotalTime: total,
    resultSortTime: 0,
    queryPreparationTime: preparationMs / 1_000,
    innerEvalTime: evaluationMs / 1_000,
    execQueueTime: 0,
    execTotalTime: total,
  };
  return JSON.stringify({
    timings,
    samples: {
      ...stepCounts("totalQueryableSamplesPerStep", statistics.samplesPerStep),
      totalQueryableSamples: samples,
      ...stepCounts("samplesReadPerStep", statistics.samplesReadPerStep),
      samplesRead,
      peakSamples,
    },
  });
}

/** Absent where steps are not told of. */
function stepCounts(name: string, counts: QueryStatistics["samplesPerStep"]): object {
  return counts === undefined ? {} : { [name]: counts.map(({ timeMs, samples }) => [timeMs / 1_000, samples]) };
}

function* listPieces<T>(items: readonly T[], textOf: (item: T) => string): Generator<string> {
  yield "[";
  for (let start = 0; start < items.length; start += POINTS_A_PIECE) {
    const texts = items.slice(start, start + POINTS_A_PIECE).map(textOf);
    yield (start === 0 ? "" : ",") + texts.join(",");
  }
  yield "]";
}
