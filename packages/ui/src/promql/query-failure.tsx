import { promqlError } from "./error-position.ts";

/** What Prometheus says against a query, below the place that it means. */
export function QueryFailure({ query, error }: { readonly query: string; readonly error: Error }) {
  const { message, at } = promqlError(error.message);
  const line = at === undefined ? undefined : query.split("\n")[at.line - 1];
  return (
    <div role="alert" className="rounded-md border border-error/40 bg-error-soft px-3 py-2">
      {line !== undefined && at !== undefined && (
        <pre aria-hidden className="mb-1 overflow-x-auto font-mono text-sm leading-tight">
          {line}
          {"\n"}
          <span className="text-error">{" ".repeat(Math.max(0, at.column - 1))}^</span>
        </pre>
      )}
      <p className="font-mono text-sm break-words">
        {at !== undefined && (
          <span className="text-muted">
            {at.line}:{at.column}{" "}
          </span>
        )}
        {message}
      </p>
    </div>
  );
}
