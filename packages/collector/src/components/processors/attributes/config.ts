import { goRegExp } from "@clew/base";
import { matchProperties, type MatchProperties } from "../../../match/match-config.ts";
import type { Place } from "../../../schema/place.ts";
import { anything, field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";

const ACTIONS = ["insert", "update", "upsert", "delete", "hash", "extract", "convert"] as const;

export interface Action {
  readonly key: string;
  readonly action: (typeof ACTIONS)[number];
  readonly value: unknown;
  readonly default_value: unknown;
  readonly pattern: string;
  readonly from_attribute: string;
  readonly from_context: string;
  readonly converted_type: string;
}

export interface AttributesConfig {
  readonly actions: readonly Action[];
  readonly include: MatchProperties | undefined;
  readonly exclude: MatchProperties | undefined;
}

const action: Schema<Action> = section<Action>(
  {
    key: field(string, "", "The attribute that is changed. Required, unless `delete` and `hash` have a `pattern`."),
    action: field(
      oneOf(...ACTIONS),
      undefined,
      "`insert` adds it where it is missing, `update` changes it where it stands, `upsert` does both, `delete` removes it, `hash` puts its SHA-256 in its place, `extract` makes attributes of a pattern's named groups, `convert` changes its type.",
    ),
    value: field(anything, undefined, "Its new value."),
    default_value: field(anything, undefined, "Its new value where the source has none."),
    pattern: field(
      string,
      "",
      "A regular expression: for `extract` of the value, for `delete` and `hash` of more keys.",
    ),
    from_attribute: field(string, "", "The attribute to copy the value from."),
    from_context: field(
      string,
      "",
      "What to take from the request: `metadata.<header>`, `auth.<attribute>` or `client.address`. Receivers need `include_metadata`.",
    ),
    converted_type: field(string, "", "`int`, `double` or `string`, for `convert`."),
  },
  checkAction,
);

function checkAction(given: Action, place: Place): void {
  const fault = (what: string): void => place.problem(`error with key "${given.key}": ${what}`);
  const mayHavePatternAlone = given.action === "delete" || given.action === "hash";
  if (given.key === "" && !(mayHavePatternAlone && given.pattern !== "")) {
    place.problem(
      mayHavePatternAlone
        ? 'missing required field (at least one of "key" and "pattern" have to be used)'
        : 'missing required field "key"',
    );
    return;
  }
  checkPattern(given, fault);
  checkSources(given, fault);
  if (given.action !== "convert") {
    if (given.converted_type !== "")
      fault(`Action "${given.action}" does not use the "converted_type" field. This must not be specified`);
  } else if (given.converted_type === "") {
    fault('missing required field "converted_type" for action "convert"');
  } else if (!["int", "double", "string"].includes(given.converted_type)) {
    fault(`invalid value "${given.converted_type}" in field "converted_type" for action "convert"`);
  }
}

function checkSources(
  { action: name, value, default_value: fallback, from_attribute, from_context }: Action,
  fault: (what: string) => void,
): void {
  const isGiven = (one: unknown): boolean => one !== undefined && one !== null;
  const sources = Number(isGiven(value)) + Number(from_attribute !== "") + Number(from_context !== "");
  if (name === "insert" || name === "update" || name === "upsert") {
    if (sources === 0 && !isGiven(fallback)) {
      fault('Either field "value", "from_attribute", "from_context", or "default_value" must be specified');
    }
    if (sources > 1) fault("multiple value sources being set");
  } else if (sources > 0) {
    fault(`Action "${name}" does not use "value" or "from_attribute" field. These must not be specified`);
  }
}

function checkPattern({ action: name, pattern }: Action, fault: (what: string) => void): void {
  const uses = name === "delete" || name === "hash" || name === "extract";
  if (!uses) {
    if (pattern !== "") fault(`Action "${name}" does not use the "pattern" field. This must not be specified`);
    return;
  }
  if (pattern === "") {
    if (name === "extract") fault('missing required field "pattern" for action "extract"');
    return;
  }
  let source: string;
  try {
    source = goRegExp(pattern).source;
  } catch {
    fault(`Field "pattern" has invalid pattern: "${pattern}"`);
    return;
  }
  if (name !== "extract") return;
  const groups = source.replaceAll(/\\.|\[[^\]]*\]/g, "").match(/\((?!\?(?!<[A-Za-z_]))/g) ?? [];
  const named = source.match(/\(\?<[A-Za-z_]\w*>/g) ?? [];
  if (groups.length === 0) fault('Field "pattern" contains no named matcher groups');
  else if (named.length < groups.length) fault('Field "pattern" contains at least one unnamed matcher group');
}

export const schema: Schema<AttributesConfig> = section<AttributesConfig>(
  {
    actions: field(list(action), undefined, "What to do, in this order. Required."),
    include: field(optional(matchProperties), undefined, "Only records that match are changed."),
    exclude: field(optional(matchProperties), undefined, "Records that match are not changed."),
  },
  (config, place) => {
    if (config.actions.length === 0) place.problem('missing required field "actions"');
  },
);
