import { ApiError } from "../api/client.ts";

/** Says what went wrong in place of what was asked for. */
export function Failure({ error }: { readonly error: unknown }) {
  const remedy = error instanceof ApiError ? error.remedy : undefined;
  return (
    <div role="alert" className="m-3 rounded-md border border-error/40 bg-error-soft px-3 py-2 text-text">
      <p className="font-medium break-words">{error instanceof Error ? error.message : String(error)}</p>
      {remedy !== undefined && <p className="mt-0.5 text-muted">{remedy}</p>}
    </div>
  );
}
