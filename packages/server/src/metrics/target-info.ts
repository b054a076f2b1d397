/**
 * `target_info`: one series for each job and instance, with the rest of the resource as labels and the value 1,
 * as Prometheus's OTLP receiver makes it. Here it is made up when a query names it.
 */
import { prometheusLabelName } from "@clew/otlp";
import { labelOptions, type OtlpSettings } from "@clew/otlp/prometheus";
import { Labels, labelTest, METRIC_NAME, type LabelMatcher, TYPE_LABEL } from "@clew/query";
import type { MetricReader, MillisWindow, StoredTarget } from "@clew/store";
import type { SampleSets } from "./sample-sets.ts";

const NAME = "target_info";
/** What `job` and `instance` are made of. */
const IDENTIFYING = new Set(["service.name", "service.namespace", "service.instance.id"]);

/** Whether a selector asks for names, and for this one among them. */
export function wantsTargetInfo(matchers: readonly LabelMatcher[]): boolean {
  const ofName = matchers.filter(({ name }) => name === METRIC_NAME);
  return ofName.length > 0 && ofName.every((matcher) => labelTest(matcher)(NAME));
}

export interface TargetInfoSettings {
  readonly otlp: OtlpSettings;
  readonly typeAndUnitLabels: boolean;
}

export async function addTargetInfo(
  reader: MetricReader,
  window: MillisWindow,
  limit: number,
  samples: SampleSets,
  { otlp, typeAndUnitLabels }: TargetInfoSettings,
  signal: AbortSignal,
): Promise<void> {
  for (const target of await reader.targets(window, limit, signal)) {
    // What only identifies the target is known without it.
    if (target.attributes.every(([key]) => IDENTIFYING.has(key))) continue;
    const labels = labelsOf(target, otlp);
    const set = samples.open(typeAndUnitLabels ? labels.with(TYPE_LABEL, "gauge") : labels);
    for (const timestampMs of target.timestampsMs) set?.add({ timestampMs, startMs: 0 }, 1, false);
  }
}

/** Attributes whose names become the same are joined by ";". */
function labelsOf({ job, instance, attributes }: StoredTarget, settings: OtlpSettings): Labels {
  const { keepIdentifyingResourceAttributes: keepsIdentifying } = settings;
  const labels = new Map<string, string>();
  for (const [key, value] of attributes.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (IDENTIFYING.has(key) && !keepsIdentifying) continue;
    const name = prometheusLabelName(key, labelOptions(settings));
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  return Labels.from([...labels, ["job", job], ["instance", instance], [METRIC_NAME, NAME]]);
}
