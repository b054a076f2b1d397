import type { ReactNode } from "react";

interface PanelProps {
  readonly title: string;
  /** Stands beside the title. */
  readonly note?: ReactNode;
  /** Stands at the title's right end. */
  readonly action?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, note, action, className = "", children }: PanelProps) {
  return (
    <section
      aria-label={title}
      className={`flex min-h-0 min-w-0 flex-col rounded-md border border-line bg-surface ${className}`}
    >
      <header className="flex h-9 shrink-0 items-center gap-3 px-3">
        <h2 className="font-semibold whitespace-nowrap">{title}</h2>
        <div className="flex min-w-0 flex-1 items-center gap-3 truncate text-sm text-muted">{note}</div>
        {action}
      </header>
      {children}
    </section>
  );
}
