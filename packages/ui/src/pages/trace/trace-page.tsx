export function TracePage() {
  return <p className="p-4 text-muted">Trace</p>;
}
