import { useEffect, useState } from "react";

/** How long "Copied" stands. */
const COPIED_MS = 1_500;

interface CopyButtonProps {
  /** What is copied, told when it is wanted. */
  readonly text: () => string;
  readonly label: string;
  readonly className?: string;
  /** Shown beside the sign; without it only the sign is. */
  readonly children?: string;
}

/** Copies a text and says so. */
export function CopyButton({ text, label, className = "", children }: CopyButtonProps) {
  const [copied, setCopied] = useState<"yes" | "failed">();
  useEffect(() => {
    if (copied === undefined) return undefined;
    const timer = setTimeout(() => setCopied(undefined), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    copyText(text()).then(
      () => setCopied("yes"),
      () => setCopied("failed"),
    );
  };
  const said = copied === "yes" ? "Copied" : copied === "failed" ? "Could not copy" : label;
  return (
    <button
      type="button"
      title={said}
      aria-label={said}
      onClick={(event) => {
        event.stopPropagation();
        copy();
      }}
      className={`inline-flex h-6 shrink-0 items-center gap-1.5 rounded-md px-1.5 text-muted hover:bg-hover hover:text-text ${className}`}
    >
      <svg viewBox="0 0 16 16" className="size-3.5" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden>
        {copied === "yes" ? (
          <path d="m3 8.500 3.500 3.500L13 4.500" className="text-ok" strokeLinecap="round" strokeLinejoin="round" />
        ) : (
          <>
            <rect x="5.500" y="5.500" width="8" height="8" rx="1.500" />
            <path d="M10.500 3.500v-.5a1 1 0 0 0-1-1H3a1 1 0 0 0-1 1v6.500a1 1 0 0 0 1 1h.5" />
          </>
        )}
      </svg>
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

/** The clipboard needs a secure context; off loopback without TLS, a selection does it. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error("the browser refused to copy");
}
