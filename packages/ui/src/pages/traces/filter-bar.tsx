import { useNavigate } from "@tanstack/react-router";
import type { TracesSearch } from "../../router.tsx";
import type { ResolvedRange } from "../../time/time-range.ts";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { AttributeChips } from "./attribute-chips.tsx";
import { Choice } from "./choice.tsx";
import { DurationField } from "./duration-field.tsx";
import { useOperations, useServices } from "./use-traces.ts";

/** Parameters to set, or to leave out where they are undefined. */
export type TracesSearchChange = { readonly [K in keyof TracesSearch]?: TracesSearch[K] | undefined };

interface FilterBarProps {
  readonly search: TracesSearch;
  readonly range: ResolvedRange;
  readonly onChange: (change: TracesSearchChange) => void;
}

/** Which traces are looked for. Nothing has to be chosen. */
export function FilterBar({ search, range, onChange }: FilterBarProps) {
  const services = useServices(range);
  const { data: operations = [] } = useOperations(search.service, range);
  const navigate = useNavigate();
  const rangeSearch = useRangeSearch();
  const isErrors = search.error === "true";
  return (
    <div
      role="search"
      aria-label="Traces"
      className="flex flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-2"
    >
      <Choice
        label="Service"
        placeholder="Any service"
        isService
        value={search.service}
        items={services}
        onChoose={(service) => onChange({ service, operation: undefined })}
        className="w-44"
      />
      <Choice
        label="Operation"
        placeholder={search.service === undefined ? "Operation: choose a service" : "Any operation"}
        value={search.operation}
        items={operations}
        isDisabled={search.service === undefined}
        onChoose={(operation) => onChange({ operation })}
        className="w-52"
      />
      <AttributeChips
        conditions={search.attr ?? []}
        onChange={(attr) => onChange({ attr: attr.length === 0 ? undefined : attr })}
        onTraceId={(traceId) => void navigate({ to: "/trace/$traceId", params: { traceId }, search: rangeSearch })}
      />
      <div role="group" aria-label="Duration" className="flex items-center gap-1">
        <DurationField
          label="Shortest duration"
          placeholder="min 100ms"
          value={search.minDuration}
          onChange={(minDuration) => onChange({ minDuration })}
        />
        <span aria-hidden className="text-faint">
          –
        </span>
        <DurationField
          label="Longest duration"
          placeholder="max 2s"
          value={search.maxDuration}
          onChange={(maxDuration) => onChange({ maxDuration })}
        />
      </div>
      <button
        type="button"
        aria-pressed={isErrors}
        onClick={() => onChange({ error: isErrors ? undefined : "true" })}
        className="flex h-7 items-center gap-1.5 rounded-md border border-line bg-ground px-2.5 text-sm text-muted hover:bg-hover aria-pressed:border-error/50 aria-pressed:bg-error-soft aria-pressed:text-error"
      >
        <span aria-hidden className="size-2 rotate-45 bg-current" />
        Errors only
      </button>
    </div>
  );
}
