import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { formatDateTime } from "../format/format.ts";
import { PRESETS, rangeLabel, resolveRange, resolveTime } from "./time-range.ts";
import { useTimeRange } from "./use-time-range.ts";

const FIELD = "w-full rounded-md border border-line bg-ground px-2 py-1 font-mono text-sm aria-invalid:border-error";

/** Shows the time range and lets it be chosen: a preset, or two times. */
export function TimeRangePicker() {
  const { range, setRange } = useTimeRange();
  return (
    <DialogTrigger>
      <Button
        className="flex h-7 cursor-default items-center gap-1.5 rounded-md border border-line bg-ground px-2.5 hover:bg-hover"
        aria-label={`Time range: ${rangeLabel(range)}`}
      >
        <svg
          viewBox="0 0 16 16"
          className="size-3.5 text-muted"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.4"
          aria-hidden
        >
          <circle cx="8" cy="8" r="6" />
          <path d="M8 4.500V8l2.500 1.500" strokeLinecap="round" />
        </svg>
        <span className="whitespace-nowrap">{rangeLabel(range)}</span>
      </Button>
      <Popover placement="bottom end" className="w-80 rounded-md border border-line bg-surface p-3 shadow-popup">
        <Dialog aria-label="Time range" className="outline-none">
          {({ close }) => (
            <>
              <div className="mb-3 grid grid-cols-2 gap-1">
                {PRESETS.map(({ label, from }) => (
                  <button
                    key={from}
                    type="button"
                    className="rounded-md px-2 py-1 text-left hover:bg-hover aria-pressed:bg-selected"
                    aria-pressed={range.from === from && range.to === "now"}
                    onClick={() => {
                      setRange({ from, to: "now" });
                      close();
                    }}
                  >
                    Last {label}
                  </button>
                ))}
              </div>
              <CustomRange
                onChoose={(from, to) => {
                  setRange({ from, to });
                  close();
                }}
              />
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function CustomRange({ onChoose }: { readonly onChoose: (from: string, to: string) => void }) {
  const { range } = useTimeRange();
  const [nowMs] = useState(() => Date.now());
  const { startMs, endMs } = resolveRange(range, nowMs);
  const [from, setFrom] = useState(range.from.startsWith("now") ? range.from : formatDateTime(startMs));
  const [to, setTo] = useState(range.to.startsWith("now") ? range.to : formatDateTime(endMs));
  const start = resolveTime(from.trim(), nowMs);
  const end = resolveTime(to.trim(), nowMs);
  const isReversed = start !== undefined && end !== undefined && start >= end;
  const isValid = start !== undefined && end !== undefined && !isReversed;
  const choose = (): void => {
    if (isValid) onChoose(canonical(from.trim(), start), canonical(to.trim(), end));
  };
  return (
    <form
      className="space-y-2 border-t border-line pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        choose();
      }}
    >
      <label className="block">
        <span className="text-sm text-muted">From</span>
        <input
          className={FIELD}
          value={from}
          aria-invalid={start === undefined}
          onChange={(event) => setFrom(event.target.value)}
        />
      </label>
      <label className="block">
        <span className="text-sm text-muted">To</span>
        <input
          className={FIELD}
          value={to}
          aria-invalid={end === undefined || isReversed}
          onChange={(event) => setTo(event.target.value)}
        />
      </label>
      {!isValid && (
        <p role="status" className="text-sm text-muted">
          {isReversed ? "It ends before it starts." : "Write now, now-90m, or 2026-01-31 14:00."}
        </p>
      )}
      <button
        type="submit"
        disabled={!isValid}
        className="w-full rounded-md bg-accent px-3 py-1 font-medium text-accent-text disabled:opacity-40"
      >
        Show
      </button>
    </form>
  );
}

function canonical(text: string, timeMs: number): string {
  return text.startsWith("now") ? text : String(Math.round(timeMs));
}
