export function LogsPage() {
  return <p className="p-4 text-muted">Logs</p>;
}
