/** Whether a record has the properties that are asked for: all that are, and of lists of names one. */
import { goRegExp } from "@clew/base";
import { SPAN_KINDS, valueFromBytes, type AttributesView, type MessageView, type Value } from "@clew/otlp";
import { isEqual } from "../ottl/compare.ts";
import { asString } from "../ottl/go-json.ts";
import type { AttributeMatch, LibraryMatch, MatchProperties, MatchType, SeverityMatch } from "./match-config.ts";
import { valueOfYaml } from "./yaml-value.ts";

/** Where a record stands. `attributes` are its own, for a metric those of one data point. */
export interface Matched {
  readonly resources: MessageView;
  readonly scopes: MessageView;
  readonly record: MessageView;
  readonly attributes: AttributesView | undefined;
}

type Test = (matched: Matched) => boolean;
type TextTest = (text: string) => boolean;

export interface MatchSettings {
  readonly include: MatchProperties | undefined;
  readonly exclude: MatchProperties | undefined;
}

/** Whether a record is included, and not excluded. Throws `REGEXP_INVALID`. */
export function matcherOf({ include, exclude }: MatchSettings): Test {
  const isIncluded = include === undefined ? undefined : testOf(include);
  const isExcluded = exclude === undefined ? undefined : testOf(exclude);
  return (matched) => isIncluded?.(matched) !== false && isExcluded?.(matched) !== true;
}

/** Throws `REGEXP_INVALID`. */
export function testOf(properties: MatchProperties): Test {
  const type = properties.match_type;
  const tests: Test[] = [
    ...names(properties.services, type, ({ resources }) =>
      textAt(resources.one("resource").attributes().get("service.name")),
    ),
    ...names(properties.span_names, type, ({ record }) => record.get("name") as string),
    ...names(properties.span_kinds, type, ({ record }) => SPAN_KINDS[record.get("kind") as number]),
    ...names(properties.metric_names, type, ({ record }) => record.get("name") as string),
    ...names(properties.log_bodies, type, ({ record }) => textAt(valueFromBytes(record.one("body").bytes()))),
    ...names(properties.log_severity_texts, type, ({ record }) => record.get("severityText") as string),
    ...attributeTests(properties.attributes, type, ({ attributes }) => attributes),
    ...attributeTests(properties.resources, type, ({ resources }) => resources.one("resource").attributes()),
  ];
  if (properties.log_severity_number !== undefined) tests.push(severityTest(properties.log_severity_number));
  if (properties.libraries.length > 0) tests.push(libraryTest(properties.libraries, type));
  return (matched) => tests.every((test) => test(matched));
}

function textTest(pattern: string, type: MatchType): TextTest {
  if (type === "strict") return (text) => text === pattern;
  const expression = goRegExp(pattern);
  return (text) => expression.test(text);
}

function names(wanted: readonly string[], type: MatchType, nameOf: (matched: Matched) => string | undefined): Test[] {
  if (wanted.length === 0) return [];
  const tests = wanted.map((pattern) => textTest(pattern, type));
  return [
    (matched) => {
      const name = nameOf(matched);
      return name !== undefined && tests.some((test) => test(name));
    },
  ];
}

function textAt(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function attributeTests(
  wanted: readonly AttributeMatch[],
  type: MatchType,
  attributesOf: (matched: Matched) => AttributesView | undefined,
): Test[] {
  return wanted.map(({ key, value }) => {
    const test = valueTest(value, type);
    return (matched) => {
      const found = attributesOf(matched)?.get(key);
      return found !== undefined && test(found);
    };
  });
}

function valueTest(wanted: unknown, type: MatchType): (value: Value) => boolean {
  if (wanted === undefined || wanted === null) return () => true;
  if (type === "regexp") {
    const test = textTest(asString(valueOfYaml(wanted)), type);
    return (value) => test(asString(value));
  }
  const expected = valueOfYaml(wanted);
  return (value) => typeof value === typeof expected && isEqual(value, expected);
}

function severityTest({ min, match_undefined: matchesUndefined }: SeverityMatch): Test {
  return ({ record }) => {
    const severity = record.get("severityNumber") as number;
    return severity === 0 ? matchesUndefined : severity >= min;
  };
}

function libraryTest(libraries: readonly LibraryMatch[], type: MatchType): Test {
  const tests = libraries.map(({ name, version }) => ({
    name: textTest(name, type),
    version: version === undefined ? () => true : textTest(version, type),
  }));
  return ({ scopes }) => {
    const scope = scopes.one("scope");
    return tests.some((test) => test.name(scope.get("name") as string) && test.version(scope.get("version") as string));
  };
}
