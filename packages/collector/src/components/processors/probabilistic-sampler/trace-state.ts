/** The `ot` member of a W3C tracestate: `ot=th:8;rv:9b8233f7e3a151`. */

export interface OtelTraceState {
  threshold: string | undefined;
  randomness: string | undefined;
  /** Other members of the tracestate, and other fields of `ot`, as they came. */
  readonly others: readonly string[];
  readonly otherFields: readonly string[];
}

/** W3C's limit of a tracestate's members, and OpenTelemetry's of its own. */
const MAX_MEMBERS = 32;
const MAX_OT_LENGTH = 256;

/** Undefined where the text is no tracestate. */
export function parseTraceState(text: string): OtelTraceState | undefined {
  const state: OtelTraceState = { threshold: undefined, randomness: undefined, others: [], otherFields: [] };
  const others: string[] = [];
  const otherFields: string[] = [];
  const members = text.split(",").map((one) => one.trim());
  if (members.length > MAX_MEMBERS) return undefined;
  for (const member of members) {
    if (member === "") continue;
    if (!/^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{1,256}$/.test(member)) return undefined;
    if (!member.startsWith("ot=")) {
      others.push(member);
      continue;
    }
    if (member.length > MAX_OT_LENGTH) return undefined;
    for (const part of member.slice(3).split(";")) {
      const [, key, value = ""] = /^([a-z][a-z0-9]*):([A-Za-z0-9._-]*)$/.exec(part) ?? [];
      if (key === undefined) return undefined;
      if (key === "th") state.threshold = value;
      else if (key === "rv") state.randomness = value;
      else otherFields.push(part);
    }
  }
  return { ...state, others, otherFields };
}

export function traceStateText({ threshold, randomness, others, otherFields }: OtelTraceState): string {
  const fields = [
    ...(randomness === undefined ? [] : [`rv:${randomness}`]),
    ...(threshold === undefined || threshold === "" ? [] : [`th:${threshold}`]),
    ...otherFields,
  ];
  return [...(fields.length === 0 ? [] : [`ot=${fields.join(";")}`]), ...others].join(",");
}
