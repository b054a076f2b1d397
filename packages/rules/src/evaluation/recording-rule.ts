/** A rule whose expression's answer is written as series of its name. */
import { canonicalQuery, Labels, METRIC_NAME, type SyntaxFeatures } from "@clew/query";
import type { RuleConfig } from "../file/rule-file.ts";
import { type EvaluatedRule, NOT_EVALUATED, type RuleContext, RuleError, type RuleStatus } from "./rule.ts";
import type { RuleSample } from "./rule-sample.ts";

export class RecordingRule implements EvaluatedRule {
  readonly kind = "recording";
  readonly name: string;
  readonly expression: string;
  readonly labels: Labels;
  status: RuleStatus = NOT_EVALUATED;

  constructor(
    { name, expr, labels }: RuleConfig,
    groupLabels: Readonly<Record<string, string>>,
    features: SyntaxFeatures,
  ) {
    this.name = name;
    this.expression = canonicalQuery(expr, features);
    this.labels = Labels.of({ ...groupLabels, ...labels });
  }

  async evaluate({ timeMs, queryOffsetMs, limit, query }: RuleContext): Promise<readonly RuleSample[]> {
    const timestampMs = timeMs - queryOffsetMs;
    const points = await query(this.expression, timestampMs);
    const samples = points.map(({ labels, value }) => ({ labels: this.#seriesOf(labels), timestampMs, value }));
    if (new Set(samples.map(({ labels }) => labels.key)).size < samples.length)
      throw new RuleError("vector contains metrics with the same labelset after applying rule labels");
    if (limit > 0 && samples.length > limit)
      throw new RuleError(`exceeded limit of ${limit} with ${samples.length} series`);
    return samples;
  }

  #seriesOf(labels: Labels): Labels {
    return Labels.from([...labels, [METRIC_NAME, this.name], ...this.labels]);
  }
}
