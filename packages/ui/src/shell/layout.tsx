import { Link, Outlet } from "@tanstack/react-router";
import { TimeRangePicker } from "../time/time-range-picker.tsx";
import { useRangeSearch } from "../time/use-time-range.ts";
import { FindTrace } from "./find-trace.tsx";
import { ShortcutHelp } from "./shortcut-help.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";
import { useShortcuts } from "./use-shortcuts.ts";

const VIEWS = [
  { to: "/", label: "Home" },
  { to: "/traces", label: "Traces" },
  { to: "/logs", label: "Logs" },
  { to: "/metrics", label: "Metrics" },
] as const;

/** The frame around every view: where to go, which time, and the view itself. */
export function Layout() {
  const range = useRangeSearch();
  const { helpIsOpen, closeHelp } = useShortcuts();
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-surface px-3">
        <Link to="/" search={range} className="mr-3 flex items-center gap-2 font-semibold tracking-tight text-text">
          <img src="/clew.svg" alt="" className="size-5" />
          Clew
        </Link>
        <nav aria-label="Views" className="flex items-center gap-0.5">
          {VIEWS.map(({ to, label }) => (
            <Link
              key={to}
              to={to}
              search={range}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              className="rounded-md px-2.5 py-1 text-muted hover:bg-hover hover:text-text"
              activeProps={{ className: "bg-hover !text-text font-medium" }}
            >
              {label}
            </Link>
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-2">
          <FindTrace />
          <TimeRangePicker />
          <ThemeToggle />
        </div>
      </header>
      <main className="min-h-0 flex-1">
        <Outlet />
      </main>
      {helpIsOpen && <ShortcutHelp onClose={closeHelp} />}
    </div>
  );
}
