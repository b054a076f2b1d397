import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { getClew } from "../../api/client.ts";
import { formatCount } from "../../format/format.ts";
import { ServiceName } from "../../service/service-name.tsx";
import { useResolvedRange } from "../../time/use-time-range.ts";
import { filterOf, toggled } from "./log-filter.ts";
import { useChange } from "./use-change.ts";

interface Counted {
  readonly name: string;
  readonly count: number;
}

/** Chooses services among those that logged what the other filters let through. */
export function ServiceFilter() {
  const { service: chosen = [] } = useSearch({ from: "/logs" });
  const label =
    chosen.length === 0 ? "Any service" : chosen.length === 1 ? (chosen[0] ?? "") : `${chosen.length} services`;
  return (
    <DialogTrigger>
      <Button
        aria-label={`Services: ${label}`}
        className={`flex h-8 max-w-52 cursor-default items-center gap-2 rounded-md border bg-ground px-2.5 text-sm hover:bg-hover ${chosen.length > 0 ? "border-accent" : "border-line"}`}
      >
        <span className="truncate">{label}</span>
        <svg
          viewBox="0 0 10 6"
          className="w-2.5 shrink-0 text-muted"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          aria-hidden
        >
          <path d="m1 1 4 4 4-4" />
        </svg>
      </Button>
      <Popover placement="bottom start" className="w-72 rounded-md border border-line bg-surface py-1.5 shadow-popup">
        <Dialog aria-label="Services" className="outline-none">
          <Choices chosen={chosen} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Choices({ chosen }: { readonly chosen: readonly string[] }) {
  const search = useSearch({ from: "/logs" });
  const change = useChange();
  const [find, setFind] = useState("");
  const { startMs: start, endMs: end } = useResolvedRange(30_000);
  const parameters = { ...filterOf(search), service: undefined, start, end };
  const answer = useQuery({
    queryKey: ["log services", parameters],
    queryFn: async ({ signal }) => getClew<{ services: Counted[] }>("logs/services", parameters, signal),
    placeholderData: keepPreviousData,
  });
  const found = answer.data?.services ?? [];
  // One that was chosen stays to be unchosen, also where it logged nothing.
  const silent = chosen.filter((name) => found.every((one) => one.name !== name)).map((name) => ({ name, count: 0 }));
  const shown = [...found, ...silent].filter(({ name }) => name.toLowerCase().includes(find.toLowerCase()));
  return (
    <>
      <div className="px-2 pb-1.5">
        <input
          type="search"
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- a popover that was just opened, to find a service
          autoFocus
          aria-label="Find a service"
          placeholder="Find a service…"
          value={find}
          onChange={(event) => setFind(event.target.value)}
          className="h-7 w-full rounded-md border border-line bg-ground px-2 text-sm placeholder:text-faint"
        />
      </div>
      <div className="max-h-80 overflow-y-auto">
        {shown.map(({ name, count }) => (
          <label key={name} className="flex h-7 items-center gap-2 px-3 text-sm hover:bg-hover">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={() => change({ service: toggled(chosen, name) })}
              className="accent-[var(--accent)]"
            />
            <span className="min-w-0 flex-1">
              <ServiceName name={name} />
            </span>
            <span className="font-mono text-xs text-muted">{formatCount(count)}</span>
          </label>
        ))}
        {shown.length === 0 && <p className="px-3 py-2 text-sm text-muted">No service logged in this time range.</p>}
      </div>
      {chosen.length > 0 && (
        <button
          type="button"
          onClick={() => change({ service: undefined })}
          className="mt-1 w-full border-t border-line px-3 pt-1.5 text-left text-sm text-accent hover:underline"
        >
          Any service
        </button>
      )}
    </>
  );
}
