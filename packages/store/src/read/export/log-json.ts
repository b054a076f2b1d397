/** Stored log records under their resources and scopes, as OTLP/JSON has them. */
import type { StoredLog } from "../log-reader.ts";
import { nestByResource, unlessEmpty, unlessZero, type ResourceRow } from "../resource-rows.ts";
import { unlessNone } from "../span-rows.ts";

export function resourceLogsOf(records: readonly { readonly row: ResourceRow; readonly item: StoredLog }[]): object[] {
  return nestByResource(records, ({ resource, resourceSchemaUrl }, scopes) => ({
    resource,
    scopeLogs: scopes.map(({ parts, items }) => ({
      scope: parts.scope,
      logRecords: items.map(recordOf),
      ...unlessEmpty("schemaUrl", parts.scopeSchemaUrl),
    })),
    ...unlessEmpty("schemaUrl", resourceSchemaUrl),
  }));
}

function recordOf(log: StoredLog): object {
  return {
    ...unlessEmpty("timeUnixNano", log.timeUnixNano ?? ""),
    ...unlessEmpty("observedTimeUnixNano", log.observedTimeUnixNano ?? ""),
    ...unlessZero("severityNumber", log.severityNumber),
    ...unlessEmpty("severityText", log.severityText),
    ...(log.body === undefined ? {} : { body: log.body }),
    ...unlessNone("attributes", log.attributes),
    ...unlessZero("droppedAttributesCount", log.droppedAttributesCount),
    ...unlessZero("flags", log.flags),
    ...unlessEmpty("traceId", log.traceId),
    ...unlessEmpty("spanId", log.spanId),
    ...unlessEmpty("eventName", log.eventName),
  };
}
