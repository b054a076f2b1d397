import type { QueryValue } from "@clew/query";
import { floatText, histogramText, labelsText, timeText } from "./json-values.ts";
import { matrixPieces } from "./matrix-json.ts";

/** How many points of a vector go into one piece of text. */
const POINTS_A_PIECE = 16;

/** The `data` of a query's answer in pieces of text or of its bytes, a few series each. */
export function* queryDataPieces(value: QueryValue): Generator<string | Uint8Array> {
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
  yield "}";
}

function* listPieces<T>(items: readonly T[], textOf: (item: T) => string): Generator<string> {
  yield "[";
  for (let start = 0; start < items.length; start += POINTS_A_PIECE) {
    const texts = items.slice(start, start + POINTS_A_PIECE).map(textOf);
    yield (start === 0 ? "" : ",") + texts.join(",");
  }
  yield "]";
}
