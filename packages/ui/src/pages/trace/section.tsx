import { useEffect, useRef, useState, type ReactNode } from "react";

interface SectionProps {
  /** Names it in the address's `tab`. */
  readonly name: string;
  readonly title: string;
  readonly count?: number;
  readonly tab: string | undefined;
  readonly onTab: (tab: string) => void;
  /** Stands at the right end of the title's line. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

/** A part of the pane that can be closed. The address's `tab` names the one to come to. */
export function Section({ name, title, count, tab, onTab, tools, children }: SectionProps) {
  const [isOpen, setOpen] = useState(true);
  const section = useRef<HTMLElement>(null);
  const wasTab = useRef(false);
  useEffect(() => {
    // Only an address that one arrives at scrolls; pressing a title leaves things where they are.
    if (tab === name && !wasTab.current) section.current?.scrollIntoView({ block: "nearest" });
    wasTab.current = true;
  }, [tab, name]);
  return (
    <section ref={section} aria-label={title} className="border-t border-line pb-2 first:border-t-0">
      <div className="sticky top-0 z-10 flex h-8 items-center gap-2 bg-surface pr-2 pl-1">
        <h3 className="min-w-0">
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => {
              setOpen(!isOpen);
              onTab(name);
            }}
            className="flex h-6 items-center gap-1 rounded-md px-1.5 text-sm font-semibold hover:bg-hover"
          >
            <svg viewBox="0 0 8 8" className={`size-2 text-muted ${isOpen ? "rotate-90" : ""}`} aria-hidden>
              <path d="m2 1 4 3-4 3Z" fill="currentColor" />
            </svg>
            {title}
            {count !== undefined && <span className="font-normal text-muted">{count}</span>}
          </button>
        </h3>
        <div className="ml-auto">{tools}</div>
      </div>
      {isOpen && <div className="px-1">{children}</div>}
    </section>
  );
}
