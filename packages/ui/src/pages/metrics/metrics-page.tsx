export function MetricsPage() {
  return <p className="p-4 text-muted">Metrics</p>;
}
