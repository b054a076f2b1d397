/** Which records are meant, by the properties that the filter and attributes processors share. */
import { SPAN_KINDS } from "@clew/otlp";
import {
  anything,
  boolean,
  field,
  integer,
  list,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../schema/schema.ts";
import type { Place } from "../schema/place.ts";

export type MatchType = "strict" | "regexp";

export interface AttributeMatch {
  readonly key: string;
  /** Any value will do where it is missing. */
  readonly value: unknown;
}

export interface LibraryMatch {
  readonly name: string;
  readonly version: string | undefined;
}

export interface SeverityMatch {
  readonly min: number;
  readonly match_undefined: boolean;
}

export interface MatchProperties {
  readonly match_type: MatchType;
  readonly services: readonly string[];
  readonly span_names: readonly string[];
  readonly span_kinds: readonly string[];
  readonly log_bodies: readonly string[];
  readonly log_severity_texts: readonly string[];
  readonly log_severity_number: SeverityMatch | undefined;
  readonly metric_names: readonly string[];
  readonly attributes: readonly AttributeMatch[];
  readonly resources: readonly AttributeMatch[];
  readonly libraries: readonly LibraryMatch[];
}

/** What is not asked for. */
export const NO_PROPERTIES: Omit<MatchProperties, "match_type"> = {
  services: [],
  span_names: [],
  span_kinds: [],
  log_bodies: [],
  log_severity_texts: [],
  log_severity_number: undefined,
  metric_names: [],
  attributes: [],
  resources: [],
  libraries: [],
};

export const matchType: Schema<MatchType> = oneOf("strict", "regexp");

export const attributeMatches: Schema<readonly AttributeMatch[]> = list(
  section<AttributeMatch>({
    key: field(string, "", "The attribute that must be there."),
    value: field(
      anything,
      undefined,
      "Its value; a regular expression with `match_type: regexp`. Any will do where it is missing.",
    ),
  }),
);

const SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** A number, or a name such as `WARN2`. */
export const severity: Schema<number> = {
  type: "severity",
  read(raw, place) {
    if (typeof raw === "number") return integer(0, 24).read(raw, place);
    const name = string.read(raw, place).toUpperCase();
    const [, base = "", step = "1"] = /^(?:SEVERITY_NUMBER_)?([A-Z]+?)([234])?$/.exec(name) ?? [];
    const at = SEVERITIES.indexOf(base);
    if (at >= 0) return at * 4 + Number(step);
    if (/^(?:UNDEFINED|UNSPECIFIED)?$/.test(name)) return 0;
    place.problem(`'${name}' is not a valid severity`, `write one of ${SEVERITIES.join(", ")}`);
    return 0;
  },
};

export const severityMatch: Schema<SeverityMatch> = section<SeverityMatch>({
  min: field(severity, "UNDEFINED", "The least severity: `INFO`, `WARN2`, or a number."),
  match_undefined: field(boolean, false, "Whether records without a severity match."),
});

export const matchProperties: Schema<MatchProperties> = section<MatchProperties>(
  {
    match_type: field(matchType, undefined, "How texts are compared. Required."),
    services: field(list(string), undefined, "Names of services of which one must be the resource's `service.name`."),
    span_names: field(list(string), undefined, "Names of which the span must have one."),
    span_kinds: field(list(string), undefined, "Kinds, such as `SPAN_KIND_SERVER`, of which the span must have one."),
    log_bodies: field(list(string), undefined, "Texts of which one must be the log record's body."),
    log_severity_texts: field(list(string), undefined, "Texts of which one must be the log record's severity."),
    log_severity_number: field(optional(severityMatch), undefined, "How severe a log record must be."),
    metric_names: field(list(string), undefined, "Names of which the metric must have one."),
    attributes: field(attributeMatches, undefined, "Attributes that the record must have, all of them."),
    resources: field(attributeMatches, undefined, "Attributes that the resource must have, all of them."),
    libraries: field(
      list(
        section<LibraryMatch>({
          name: field(string, "", "The scope's name."),
          version: field(optional(string), undefined, "The scope's version; any will do where it is missing."),
        }),
      ),
      undefined,
      "Instrumentation scopes of which the record must be in one.",
    ),
  },
  checkProperties,
);

function checkProperties(config: MatchProperties, place: Place): void {
  const isAsked = Object.entries(config).some(([key, value]) => key !== "match_type" && isGiven(value));
  if (!isAsked)
    place.problem("at least one property to match must be specified", "name services, attributes, resources …");
  const kinds: readonly string[] = SPAN_KINDS;
  const unknown = config.match_type === "strict" && config.span_kinds.some((kind) => !kinds.includes(kind));
  if (unknown) {
    place
      .at("span_kinds")
      .problem(
        `span_kinds string must match one of the standard span kinds when match_type=strict: [${kinds.join(" ")}]`,
      );
  }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}
