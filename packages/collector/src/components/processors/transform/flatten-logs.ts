/** Gives each log record a resource and a scope of its own, and joins equal ones again. */
import { encode, MessageView, PROTOCOLS, TelemetryView, type Payload } from "@clew/otlp";

const { request } = PROTOCOLS.logs;

/** The same records, each in a ResourceLogs and a ScopeLogs of its own. */
export function flattenLogs(payload: Payload): Payload {
  const view = new TelemetryView(payload);
  const flat: MessageView[] = [];
  for (const resource of view.resources) {
    for (const scope of view.scopesOf(resource)) {
      for (const record of view.recordsOf(scope)) {
        const ownScope = new MessageView(scope.type, scope.bytes());
        ownScope.setMany("logRecords", [record]);
        const ownResource = new MessageView(resource.type, resource.bytes());
        ownResource.setMany("scopeLogs", [ownScope]);
        flat.push(ownResource);
      }
    }
  }
  return payloadOfResources(payload, flat);
}

/** Joins what has equal resources and scopes, byte by byte. */
export function joinLogs(payload: Payload): Payload {
  const view = new TelemetryView(payload);
  // resource --> scope --> records
  const resources = new Map<
    string,
    { view: MessageView; scopes: Map<string, { view: MessageView; records: MessageView[] }> }
  >();
  for (const resource of view.resources) {
    const resourceKey = keyOf(resource, "resource");
    const known = resources.get(resourceKey) ?? { view: resource, scopes: new Map() };
    resources.set(resourceKey, known);
    for (const scope of view.scopesOf(resource)) {
      const scopeKey = keyOf(scope, "scope");
      const group = known.scopes.get(scopeKey) ?? { view: scope, records: [] };
      known.scopes.set(scopeKey, group);
      group.records.push(...view.recordsOf(scope));
    }
  }
  const joined = [...resources.values()].map(({ view: resource, scopes }) => {
    const scopeViews = [...scopes.values()].map(({ view: scope, records }) => {
      scope.setMany("logRecords", records);
      return scope;
    });
    resource.setMany("scopeLogs", scopeViews);
    return resource;
  });
  return payloadOfResources(payload, joined);
}

function keyOf(view: MessageView, inner: string): string {
  return `${Buffer.from(view.one(inner).bytes()).toString("latin1")}\0${view.get("schemaUrl") as string}`;
}

function payloadOfResources(payload: Payload, resources: readonly MessageView[]): Payload {
  const whole = new MessageView(request, encode(request, {}));
  whole.setMany("resourceLogs", resources);
  const bytes = whole.bytes();
  const counts = { ...payload.counts, resources: resources.length };
  return { ...payload, chunks: [bytes], counts, byteLength: bytes.length };
}
