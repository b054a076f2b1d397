import { ERROR_MODES, type ErrorMode } from "../../../ottl/condition-list.ts";
import { CHECK_ENVIRONMENT } from "../../../ottl/texts-schema.ts";
import type { Place } from "../../../schema/place.ts";
import { field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";
import { compileRoute, ROUTE_CONTEXTS, type RouteConfig } from "./routes.ts";

export interface RoutingConfig {
  readonly default_pipelines: readonly string[];
  readonly error_mode: ErrorMode;
  readonly table: readonly RouteConfig[];
}

const route: Schema<RouteConfig> = section<RouteConfig>(
  {
    context: field(
      optional(oneOf(...ROUTE_CONTEXTS)),
      undefined,
      "On what the route is asked; found out from the paths where it is missing, `resource` if they do not say.",
    ),
    statement: field(
      string,
      "",
      'A statement such as `route() where resource.attributes["env"] == "prod"`; `delete_key` and `delete_matching_keys` may stand in place of `route`.',
    ),
    condition: field(string, "", "The condition alone. One of the two must be written."),
    action: field(
      oneOf("move", "copy"),
      "move",
      "Whether what matches is asked for by no further route (`move`), or by those too (`copy`).",
    ),
    pipelines: field(list(string), undefined, "Where what matches goes."),
  },
  (config, place) => {
    if (config.statement === "" && config.condition === "") {
      place.problem("invalid route: no condition or statement provided");
    } else if (config.statement !== "" && config.condition !== "") {
      place.problem("invalid route: both condition and statement provided");
    } else if (config.pipelines.length === 0) place.problem("invalid route: no pipelines defined");
    else compileRoute(config, CHECK_ENVIRONMENT, place);
  },
);

export const schema: Schema<RoutingConfig> = section<RoutingConfig>(
  {
    default_pipelines: field(list(string), undefined, "Where goes what no route matches; nowhere if none is named."),
    error_mode: field(
      oneOf(...ERROR_MODES),
      "propagate",
      "What becomes of a route's error on a record: `ignore` logs it and the route does not match, `silent` does not log it, `propagate` refuses the batch.",
    ),
    table: field(list(route), undefined, "Routes, asked in this order."),
  },
  (config, place: Place) => {
    if (config.table.length === 0) place.problem("invalid routing table: the routing table is empty");
  },
);
