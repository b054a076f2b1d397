/**
 * A value that came out of `${…}`: what YAML makes of it, and its text, which is what a
 * string setting takes (a password `0123` stays `0123`).
 */
export class Expanded {
  readonly value: unknown;
  readonly text: string;

  constructor(value: unknown, text: string) {
    this.value = value;
    this.text = text;
  }
}

/** The value as YAML read it. */
export function plainOf(raw: unknown): unknown {
  return raw instanceof Expanded ? raw.value : raw;
}
