import { ClewError } from "@clew/base";
import type { Signal } from "@clew/otlp";

/** How long each signal is kept, in milliseconds; a signal that is not named is kept for ever. */
export type RetentionAges = Readonly<Partial<Record<Signal, number>>>;

/** Records of a signal with this attribute, its own or its resource's, are kept shorter. */
export interface RetentionRule {
  readonly signal: "traces" | "logs";
  readonly key: string;
  readonly value: string;
  readonly ageMs: number;
}

const SIGNALS: readonly string[] = ["traces", "logs", "metrics"] satisfies readonly Signal[];
const AGE = /^(\d+)(m|h|d|w|y)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};
const RULE = /^(traces|logs)\{([^=}]+)="((?:[^"\\]|\\.)*)"\}=(\S+)$/;

/** Reads `traces=7d,logs=3d,metrics=90d`. Throws `USAGE` under `path`. */
export function parseRetention(text: string, path: string): RetentionAges {
  const ages: Partial<Record<Signal, number>> = {};
  for (const part of text.split(",")) {
    const [signal = "", age = "", ...rest] = part.trim().split("=");
    if (!SIGNALS.includes(signal) || rest.length > 0)
      throw usage(`expected traces, logs or metrics and an age, got ${JSON.stringify(part)}`, path);
    ages[signal as Signal] = ageOf(age, path);
  }
  return ages;
}

/** Reads `logs{service.name="debug"}=1d`. Throws `USAGE` under `path`. */
export function parseRetentionRule(text: string, path: string): RetentionRule {
  const [, signal, key = "", value = "", age = ""] = RULE.exec(text.trim()) ?? [];
  if (signal !== "traces" && signal !== "logs")
    throw usage(
      `expected a signal, an attribute and an age, got ${JSON.stringify(text)}`,
      path,
      'logs{service.name="debug"}=1d',
    );
  return { signal, key: key.trim(), value: value.replaceAll(/\\(.)/g, "$1"), ageMs: ageOf(age, path) };
}

/** Milliseconds. Throws `USAGE` under `path`. */
export function ageOf(text: string, path: string): number {
  const [, count, unit = ""] = AGE.exec(text) ?? [];
  const ageMs = Number(count) * (UNIT_MS[unit] ?? 0);
  if (!(ageMs > 0)) throw usage(`expected an age, got ${JSON.stringify(text)}`, path);
  return ageMs;
}

function usage(what: string, path: string, example = "traces=7d,logs=3d,metrics=90d"): ClewError {
  return new ClewError("USAGE", what, { path, remedy: `write ${example}, with m, h, d, w or y` });
}
