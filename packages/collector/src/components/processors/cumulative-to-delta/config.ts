import { ClewError, goRegExp } from "@clew/base";
import { duration, field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";

type MetricType = "sum" | "histogram" | "exponential_histogram";

export interface MatchConfig {
  readonly match_type: "strict" | "regexp";
  readonly metrics: readonly string[];
  readonly metric_types: readonly MetricType[];
}

export interface CumulativeToDeltaConfig {
  readonly include: MatchConfig | undefined;
  readonly exclude: MatchConfig | undefined;
  readonly max_staleness: number;
  readonly initial_value: "auto" | "keep" | "drop";
}

const match: Schema<MatchConfig> = section<MatchConfig>(
  {
    match_type: field(oneOf("strict", "regexp"), "strict", "How `metrics` are written."),
    metrics: field(list(string), undefined, "Names, or regular expressions of them."),
    metric_types: field(
      list(oneOf("sum", "histogram", "exponential_histogram")),
      undefined,
      "Types of metrics; all where none is named.",
    ),
  },
  ({ match_type: type, metrics, metric_types: types }, place) => {
    if (metrics.length === 0 && types.length === 0)
      place.problem("metrics or metric_types must be supplied if match_type is set");
    if (type !== "regexp") return;
    for (const [i, pattern] of metrics.entries()) {
      try {
        goRegExp(pattern);
      } catch (error) {
        if (!(error instanceof ClewError)) throw error;
        place.at("metrics").at(i).problem(error.what, error.remedy);
      }
    }
  },
);

export const schema: Schema<CumulativeToDeltaConfig> = section<CumulativeToDeltaConfig>({
  include: field(optional(match), undefined, "Which metrics are converted; all where it is not written."),
  exclude: field(optional(match), undefined, "Which are not, whatever `include` says."),
  max_staleness: field(duration, "0", "A stream that got nothing for so long is forgotten; 0 never forgets."),
  initial_value: field(
    oneOf("auto", "keep", "drop"),
    "auto",
    "What becomes of a stream's first point: `auto` keeps it where the stream began after the collector did.",
  ),
});
