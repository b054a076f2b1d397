import { text, uint32, type Place } from "../accessor.ts";
import { OttlError } from "../ottl-error.ts";
import { attributePath, timePaths } from "./common-paths.ts";
import type { PathSet } from "./path-table.ts";

const event: Place = (context) => context.item;

export const SPAN_EVENT_PATHS: PathSet = {
  name: "spanevent",
  paths: {
    ...timePaths(event, "time", "timeUnixNano"),
    name: { accessor: text(event, "name") },
    attributes: attributePath(event),
    dropped_attributes_count: { accessor: uint32(event, "droppedAttributesCount") },
    event_index: {
      accessor: {
        get: (context) => BigInt(context.itemIndex),
        set() {
          throw new OttlError("the 'event_index' path cannot be modified");
        },
      },
    },
  },
};
