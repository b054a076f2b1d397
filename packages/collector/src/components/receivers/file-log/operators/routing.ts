/** Operators that decide where an entry goes, or whether it goes on at all. */
import { field, list, map, number, section, string, type Schema } from "../../../../schema/schema.ts";
import { plainOf } from "../../../../schema/expanded.ts";
import { expression, expressionText, type EntryExpression } from "../expression-value.ts";
import { setOwn } from "../field.ts";
import { guarded, operatorFields, type OperatorConfig, type OperatorType } from "./operator.ts";

interface FilterConfig extends OperatorConfig {
  readonly expr: EntryExpression;
  readonly drop_ratio: number;
}

export const filter: OperatorType<FilterConfig> = {
  type: "filter",
  schema: section<FilterConfig>({
    ...operatorFields,
    expr: field(expression, "", "Entries for which it is true are dropped."),
    drop_ratio: field(number(), 1, "How many of them, from 0 to 1."),
  }),
  create(config, tools) {
    if (config.drop_ratio > 1) throw new TypeError("drop_ratio must be a number between 0 and 1");
    return guarded(config, tools, (entry, emit) => {
      const matches = config.expr(entry, tools.environment) === true;
      if (!matches || tools.random() >= config.drop_ratio) emit(entry);
    });
  },
};

interface Route {
  readonly output: readonly string[];
  readonly expr: EntryExpression;
  readonly attributes: Readonly<Record<string, string>>;
}

interface RouterConfig extends OperatorConfig {
  readonly routes: readonly Route[];
  readonly default: readonly string[];
}

const outputs: Schema<readonly string[]> = {
  type: "string, or list of string",
  read(raw, place) {
    const value = plainOf(raw) ?? [];
    return list(string).read(Array.isArray(value) ? value : [value], place);
  },
};

const route: Schema<Route> = section<Route>({
  output: field(outputs, undefined, "Where its entries go."),
  expr: field(expression, "", "Which entries are its."),
  attributes: field(map(string), undefined, "What they get."),
});

export const router: OperatorType<RouterConfig> = {
  type: "router",
  schema: section<RouterConfig>({
    ...operatorFields,
    routes: field(list(route), undefined, "The first that matches is taken."),
    default: field(outputs, undefined, "Where the rest goes; without it the rest is dropped."),
  }),
  create(config, tools) {
    const routes = config.routes.map(({ attributes, ...rest }) => ({
      ...rest,
      attributes: Object.entries(attributes).map(([key, value]) => [key, expressionText(value)] as const),
    }));
    return {
      process(entry, emit) {
        for (const { expr, output, attributes } of routes) {
          let matches = false;
          try {
            matches = expr(entry, tools.environment) === true;
          } catch (error) {
            tools.logger.warn("Running expression returned an error", { error: String(error) });
          }
          if (!matches) continue;
          for (const [key, value] of attributes) setOwn(entry.attributes, key, value(entry, tools.environment));
          return emit(entry, output);
        }
        return config.default.length > 0 ? emit(entry, config.default) : undefined;
      },
    };
  },
};
