import { useSearch } from "@tanstack/react-router";
import { useId } from "react";
import { SEVERITIES } from "../../log/severity.ts";
import { isLive } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { ServiceFilter } from "./service-filter.tsx";
import { toggled } from "./log-filter.ts";
import { useChange } from "./use-change.ts";

const FIELD = "h-8 rounded-md border border-line bg-ground px-2.5 text-sm placeholder:text-faint";

/** What the records must match. */
export function FilterBar({ attributeKeys }: { readonly attributeKeys: readonly string[] }) {
  const { severity = "", live } = useSearch({ from: "/logs" });
  const { range } = useTimeRange();
  const change = useChange();
  const isOn = live === "true";
  const setLive = (): void => {
    // A tail ends now; a range that does not gives way.
    const window = isLive(range) ? {} : { from: undefined, to: undefined };
    change(isOn ? { live: undefined } : { live: "true", log: undefined, ...window });
  };
  return (
    <div className="flex flex-wrap items-center gap-2 px-3 pt-2">
      <QueryField />
      <ServiceFilter />
      <select
        aria-label="Least severity"
        value={severity}
        onChange={(event) => change({ severity: event.target.value === "" ? undefined : event.target.value })}
        className={`${FIELD} px-1.5 ${severity === "" ? "" : "border-accent"}`}
      >
        <option value="">Any severity</option>
        {SEVERITIES.filter(({ from }) => from > 0).map(({ name, from }) => (
          <option key={name} value={from}>
            {from === 21 ? "fatal only" : `${name} and above`}
          </option>
        ))}
      </select>
      <AttributeField keys={attributeKeys} />
      <button
        type="button"
        aria-pressed={isOn}
        onClick={setLive}
        className={`${FIELD} flex items-center gap-2 font-medium aria-pressed:border-accent aria-pressed:bg-selected`}
      >
        <span aria-hidden className={`size-2 rounded-full ${isOn ? "animate-pulse bg-accent" : "bg-line-strong"}`} />
        Live
      </button>
    </div>
  );
}

/** Words that the body must hold. Enter searches. */
function QueryField() {
  const { q = "" } = useSearch({ from: "/logs" });
  const change = useChange();
  const search = (text: string): void => {
    if (text.trim() !== q) change({ q: text.trim() === "" ? undefined : text.trim() });
  };
  return (
    <input
      key={q}
      type="search"
      data-query=""
      aria-label="Words in the body"
      placeholder={'Words in the body; *parts*, "phrases"'}
      defaultValue={q}
      onBlur={(event) => search(event.target.value)}
      onChange={(event) => {
        if (event.target.value === "") search("");
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.value = q;
        if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
      }}
      className={`${FIELD} min-w-56 flex-1 font-mono placeholder:font-sans`}
    />
  );
}

/** Adds a condition on an attribute. */
function AttributeField({ keys }: { readonly keys: readonly string[] }) {
  const { attr } = useSearch({ from: "/logs" });
  const change = useChange();
  const list = useId();
  return (
    <>
      <input
        key={attr?.length ?? 0}
        list={list}
        aria-label="Add a condition on an attribute"
        title="key=value, key!=value, key=~regex, key!~regex, or key alone"
        placeholder="Attribute: key=value"
        onKeyDown={(event) => {
          const text = event.currentTarget.value.trim();
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Enter" && text !== "" && !(attr ?? []).includes(text))
            change({ attr: toggled(attr, text) });
        }}
        className={`${FIELD} w-52 font-mono placeholder:font-sans`}
      />
      <datalist id={list}>
        {keys.map((key) => (
          <option key={key} value={`${key}=`} />
        ))}
      </datalist>
    </>
  );
}
