/** A log record's severity number as a letter and a colour. */
export interface SeverityLook {
  readonly letter: string;
  readonly name: string;
  /** A Tailwind class of text colour. */
  readonly className: string;
}

const NONE: SeverityLook = { letter: "·", name: "unspecified", className: "text-faint" };
const LOOKS: readonly SeverityLook[] = [
  { letter: "T", name: "trace", className: "text-faint" },
  { letter: "D", name: "debug", className: "text-faint" },
  { letter: "I", name: "info", className: "text-muted" },
  { letter: "W", name: "warn", className: "text-warning" },
  { letter: "E", name: "error", className: "text-error" },
  { letter: "F", name: "fatal", className: "text-error" },
];

/** OTLP numbers severities in groups of four, from 1 on. */
export function severityLook(severityNumber: number): SeverityLook {
  return LOOKS[Math.floor((severityNumber - 1) / 4)] ?? NONE;
}
