import { useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { LogRecord } from "../../api/types.ts";
import { queryOf } from "../../api/client.ts";
import { FilterBar } from "./filter-bar.tsx";
import { FilterChips } from "./filter-chips.tsx";
import { LiveList } from "./live-list.tsx";
import { filterOf } from "./log-filter.ts";
import { LogHistogram } from "./log-histogram.tsx";
import { StoredList } from "./stored-list.tsx";

/** So many records are looked through for attributes to suggest. */
const SAMPLED = 200;
const NONE: readonly string[] = [];

/** Log records: searched, counted over time, and as they arrive. */
export function LogsPage() {
  const search = useSearch({ from: "/logs" });
  const filter = useMemo(() => filterOf(search), [search]);
  const [keys, setKeys] = useState(NONE);
  const onRecords = useCallback((records: readonly LogRecord[]) => {
    const found = records.slice(0, SAMPLED).flatMap(({ attributes }) => attributes.map(({ key }) => key));
    setKeys([...new Set(found)].toSorted());
  }, []);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="shrink-0 border-b border-line bg-surface pb-1">
        <FilterBar attributeKeys={keys} />
        <FilterChips />
        <LogHistogram filter={filter} />
      </div>
      {search.live === "true" ? (
        <LiveList key={queryOf(filter)} filter={filter} />
      ) : (
        <StoredList filter={filter} onRecords={onRecords} />
      )}
    </div>
  );
}
