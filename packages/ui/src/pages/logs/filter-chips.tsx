import { useSearch } from "@tanstack/react-router";
import { NO_FILTER, isFiltered, toggled } from "./log-filter.ts";
import { useChange } from "./use-change.ts";

/** The conditions that have no field of their own, each to be taken away. */
export function FilterChips() {
  const search = useSearch({ from: "/logs" });
  const change = useChange();
  const { service = [], attr = [], traceId, spanId } = search;
  const hasChips = attr.length > 0 || service.length > 0 || traceId !== undefined || spanId !== undefined;
  if (!hasChips) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5 px-3 pt-2" aria-label="Filters" role="group">
      {service.map((name) => (
        <Chip key={name} label="service" text={name} onRemove={() => change({ service: toggled(service, name) })} />
      ))}
      {attr.map((condition) => (
        <Chip key={condition} text={condition} onRemove={() => change({ attr: toggled(attr, condition) })} />
      ))}
      {traceId !== undefined && (
        <Chip label="trace" text={traceId} onRemove={() => change({ traceId: undefined, spanId: undefined })} />
      )}
      {spanId !== undefined && <Chip label="span" text={spanId} onRemove={() => change({ spanId: undefined })} />}
      {isFiltered(search) && (
        <button
          type="button"
          onClick={() => change(NO_FILTER)}
          className="px-1 text-sm text-muted hover:text-text hover:underline"
        >
          Clear all
        </button>
      )}
    </div>
  );
}

interface ChipProps {
  readonly label?: string;
  readonly text: string;
  readonly onRemove: () => void;
}

function Chip({ label, text, onRemove }: ChipProps) {
  return (
    <span className="inline-flex h-6 max-w-full items-center gap-1.5 rounded-md border border-line bg-raised pl-2 text-sm">
      {label !== undefined && <span className="text-muted">{label}</span>}
      <span className="truncate font-mono">{text}</span>
      <button
        type="button"
        aria-label={`Remove ${label ?? ""} ${text}`}
        onClick={onRemove}
        className="grid size-6 place-items-center rounded-md text-muted hover:bg-hover hover:text-text"
      >
        ×
      </button>
    </span>
  );
}
