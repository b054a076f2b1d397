import { anything, field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";

export interface Action {
  readonly key: string;
  readonly action: "insert" | "update" | "upsert" | "delete";
  readonly value: unknown;
  readonly from_attribute: string | undefined;
}

export interface ResourceConfig {
  readonly attributes: readonly Action[];
}

const action: Schema<Action> = section<Action>(
  {
    key: field(string, "", "The attribute that is changed. Required."),
    action: field(
      oneOf("insert", "update", "upsert", "delete"),
      "upsert",
      "`insert` adds it where it is missing, `update` changes it where it stands, `upsert` does both, `delete` removes it.",
    ),
    value: field(anything, undefined, "Its new value: text, number, boolean, list or mapping."),
    from_attribute: field(
      optional(string),
      undefined,
      "The resource attribute to copy the value from, instead of `value`; where it is missing nothing is done.",
    ),
  },
  (config, place) => {
    if (config.key === "") place.problem('missing required field "key"', "name the attribute");
    const hasValue = config.value !== undefined && config.value !== null;
    const sources = Number(hasValue) + Number(config.from_attribute !== undefined);
    if (config.action === "delete" ? sources > 0 : sources !== 1) {
      place.problem(
        config.action === "delete"
          ? 'action "delete" takes neither "value" nor "from_attribute"'
          : `action ${JSON.stringify(config.action)} takes exactly one of "value" and "from_attribute"`,
      );
    }
  },
);

export const schema: Schema<ResourceConfig> = section<ResourceConfig>(
  { attributes: field(list(action), undefined, "What to do, in this order.") },
  (config, place) => {
    if (config.attributes.length === 0) place.problem('missing required field "attributes"');
  },
);
