/** Rows of `metric_series`, and the metrics of OTLP/JSON that series and their points make together. */
import { attributesOf, type JsonKeyValue } from "./attribute-values.ts";
import { POINT_SHAPES } from "./point-json.ts";
import {
  nestByResource,
  RESOURCE_COLUMN_COUNT,
  RESOURCE_SELECT,
  unlessEmpty,
  unlessZero,
  type JsonResource,
  type JsonScope,
  type Pairs,
  type ResourceRow,
} from "./resource-rows.ts";
import type { StoredSeriesKey } from "./series-condition.ts";
import { unlessNone } from "./span-rows.ts";

export interface JsonResourceMetrics {
  readonly resource: JsonResource;
  readonly scopeMetrics: readonly {
    readonly scope: JsonScope;
    readonly metrics: readonly object[];
    readonly schemaUrl?: string;
  }[];
  readonly schemaUrl?: string;
}

export interface MetricSeriesRow extends StoredSeriesKey {
  readonly attributes: readonly JsonKeyValue[];
  /** `{name, unit, …}` without its data. */
  readonly head: object;
  readonly type: string;
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly resource: ResourceRow;
}

/** Each series once, with every locality at which its points stand. */
export function seriesQuery(where: string): string {
  return `SELECT ${RESOURCE_SELECT}, Fingerprint, groupUniqArray(Locality) OVER (PARTITION BY Fingerprint), MetricName, MetricDescription, MetricUnit, MetricType, AggregationTemporality,
     IsMonotonic, Attributes, AttributesTypes, Metadata, MetadataTypes
   FROM metric_series WHERE ${where} ORDER BY Fingerprint, Day, Locality LIMIT 1 BY Fingerprint`;
}

export function seriesOf(row: readonly unknown[]): MetricSeriesRow {
  const [
    fingerprint,
    localities,
    name,
    description,
    unit,
    type,
    temporality,
    monotonic,
    attributes,
    types,
    metadata,
    metadataTypes,
  ] = row.slice(RESOURCE_COLUMN_COUNT) as [
    string,
    string[],
    string,
    string,
    string,
    string,
    number,
    number,
    Pairs,
    string,
    Pairs,
    string,
  ];
  const head = {
    name,
    ...unlessEmpty("description", description),
    ...unlessEmpty("unit", unit),
    ...unlessNone("metadata", attributesOf(metadata, metadataTypes)),
  };
  return {
    fingerprint,
    localities,
    attributes: attributesOf(attributes, types),
    head,
    type,
    temporality,
    monotonic: monotonic === 1,
    resource: row.slice(0, RESOURCE_COLUMN_COUNT) as unknown as ResourceRow,
  };
}

/** Series and their points by fingerprint, as metrics under their resources; a series without points is left out. */
export function resourceMetricsOf(
  series: readonly MetricSeriesRow[],
  points: ReadonlyMap<string, readonly object[]>,
): JsonResourceMetrics[] {
  const items = groupedByMetric(series).flatMap((group) => {
    const dataPoints = group.flatMap((one) => points.get(one.fingerprint) ?? []);
    return dataPoints.length === 0 ? [] : [{ row: group[0]!.resource, item: metricOf(group[0]!, dataPoints) }];
  });
  return nestByResource(items, ({ resource, resourceSchemaUrl }, scopes) => ({
    resource,
    scopeMetrics: scopes.map(({ parts, items: metrics }) => ({
      scope: parts.scope,
      metrics,
      ...unlessEmpty("schemaUrl", parts.scopeSchemaUrl),
    })),
    ...unlessEmpty("schemaUrl", resourceSchemaUrl),
  }));
}

/** Series of one metric of one resource and scope, whose points make one Metric. */
function groupedByMetric(series: readonly MetricSeriesRow[]): MetricSeriesRow[][] {
  const groups = new Map<string, MetricSeriesRow[]>();
  for (const one of series) {
    const key = JSON.stringify([one.resource, one.head, one.type, one.temporality, one.monotonic]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function metricOf({ head, type, temporality, monotonic }: MetricSeriesRow, dataPoints: readonly object[]): object {
  const data = {
    dataPoints,
    ...unlessZero("aggregationTemporality", temporality),
    ...(monotonic ? { isMonotonic: true } : {}),
  };
  return { ...head, [POINT_SHAPES[type]!.field]: data };
}
