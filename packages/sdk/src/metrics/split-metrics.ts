import type { DataPoint, MetricData, ResourceMetrics, ScopeMetrics } from "./metric-data.ts";

/** `metrics` in parts of `maxDataPoints`, but the last, in the same order; a metric may be in several. */
export function splitMetrics(metrics: ResourceMetrics, maxDataPoints: number | undefined): readonly ResourceMetrics[] {
  if (maxDataPoints === undefined) return [metrics];
  const parts: { scopeMetrics: { scope: ScopeMetrics["scope"]; metrics: MetricData[] }[]; free: number }[] = [];
  for (const { scope, metrics: ofScope } of metrics.scopeMetrics) {
    for (const metric of ofScope) {
      for (let from = 0; from < metric.dataPoints.length;) {
        let part = parts.at(-1);
        if (part === undefined || part.free === 0) parts.push((part = { scopeMetrics: [], free: maxDataPoints }));
        const dataPoints = metric.dataPoints.slice(from, from + part.free);
        put(part.scopeMetrics, scope, withDataPoints(metric, dataPoints));
        part.free -= dataPoints.length;
        from += dataPoints.length;
      }
    }
  }
  return parts.map(({ scopeMetrics }) => ({ resource: metrics.resource, scopeMetrics }));
}

function put(
  scopes: { scope: ScopeMetrics["scope"]; metrics: MetricData[] }[],
  scope: ScopeMetrics["scope"],
  metric: MetricData,
): void {
  const last = scopes.at(-1);
  if (last?.scope === scope) last.metrics.push(metric);
  else scopes.push({ scope, metrics: [metric] });
}

/** The points are some of the metric's own, so they are of its kind. */
function withDataPoints(metric: MetricData, dataPoints: readonly DataPoint<unknown>[]): MetricData {
  return { ...metric, dataPoints } as MetricData;
}
