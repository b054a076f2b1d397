export function TracesPage() {
  return <p className="p-4 text-muted">Traces</p>;
}
