export function HomePage() {
  return <p className="p-4 text-muted">Home</p>;
}
