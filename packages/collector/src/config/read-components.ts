/** One section of components: each id's factory, and its configuration read by that factory's schema. */
import type { Schema } from "../schema/schema.ts";
import { nearest } from "../schema/nearest.ts";
import { Place, type ConfigProblem } from "../schema/place.ts";
import { recordOf } from "../schema/schema.ts";

export interface Configured<Factory> {
  readonly id: string;
  readonly factory: Factory;
  readonly config: unknown;
  /** What the user should know, such as that the type is an alias. */
  readonly warning?: string;
}

/** Types that the Collector has no more, and what took their place. */
const RENAMED: Readonly<Record<string, string>> = { logging: "debug" };

interface Typed {
  readonly type: string;
  readonly alias?: string;
  readonly schema: Schema<unknown>;
}

/** The components of `section` by id. Faults go to `problems`. */
export function readComponents<Factory extends Typed>(
  section: string,
  factories: readonly Factory[],
  raw: unknown,
  problems: ConfigProblem[],
): Map<string, Configured<Factory>> {
  const configured = new Map<string, Configured<Factory>>();
  for (const [id, value] of Object.entries(recordOf(raw, new Place(section, problems)))) {
    const place = new Place(`${section}::${id}`, problems);
    if (!isId(id)) {
      place.problem(`invalid component ID ${JSON.stringify(id)}`, 'write "type" or "type/name"');
      continue;
    }
    const type = id.split("/", 1)[0] ?? "";
    const factory = factoryOf(factories, type);
    if (factory === undefined) {
      place.problem(...unknownType(type, id, factories));
      continue;
    }
    const config = factory.schema.read(value, place);
    const warning = `${JSON.stringify(type)} alias is deprecated; use ${JSON.stringify(factory.type)} instead`;
    configured.set(id, { id, factory, config, ...(type === factory.alias ? { warning } : {}) });
  }
  return configured;
}

/**
 * The factory of a type, or of an alias of it. Versions of the Collector part the words of a type
 * in different ways, `servicegraph` or `service_graph`: both are the same here.
 */
export function factoryOf<Factory extends Pick<Typed, "type" | "alias">>(
  factories: readonly Factory[],
  type: string,
): Factory | undefined {
  const joined = type.replaceAll("_", "");
  return (
    factories.find((one) => one.type === type || one.alias === type) ??
    factories.find((one) => one.type.replaceAll("_", "") === joined)
  );
}

function unknownType(type: string, id: string, factories: readonly Typed[]): [string, string | undefined] {
  const types = factories.flatMap((one) => (one.alias === undefined ? [one.type] : [one.type, one.alias]));
  const near = RENAMED[type] ?? nearest(type, types);
  return [
    `unknown type: ${JSON.stringify(type)} for id: ${JSON.stringify(id)} (valid values: [${types.join(" ")}])`,
    near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`,
  ];
}

/** The Collector's `component.ID`: a type in ASCII, and a name after the first slash. */
function isId(id: string): boolean {
  return /^[a-zA-Z][0-9a-zA-Z_]{0,62}(\/.{1,1024})?$/s.test(id);
}
