import { pointsOf, TelemetryView, type AttributesView, type MessageView, type Payload } from "@clew/otlp";
import type { Consumer } from "../../../consumer.ts";
import { matcherOf } from "../../../match/matcher.ts";
import { compileActions } from "./actions.ts";
import type { AttributesConfig } from "./config.ts";

/** Changes the attributes of spans, log records and data points that match. */
export function attributesChanger(config: AttributesConfig): (payload: Payload) => Payload {
  const edit = compileActions(config.actions);
  const hasMatch = config.include !== undefined || config.exclude !== undefined;
  const isMeant = hasMatch ? matcherOf(config) : undefined;
  return (payload) => {
    const view = new TelemetryView(payload);
    for (const resources of view.resources) {
      for (const scopes of view.scopesOf(resources)) {
        for (const record of view.recordsOf(scopes)) {
          for (const attributes of attributesOf(payload, record)) {
            if (isMeant?.({ resources, scopes, record, attributes }) !== false) edit(attributes, payload.client);
          }
        }
      }
    }
    return view.payload() ?? payload;
  };
}

function attributesOf({ signal }: Payload, record: MessageView): AttributesView[] {
  if (signal !== "metrics") return [record.attributes()];
  return pointsOf(record).map((point) => point.attributes());
}

/** Hands on what the change makes of a payload. */
export function changing(next: Consumer, change: (payload: Payload) => Payload): Consumer {
  return { consume: (payload) => next.consume(change(payload)), refusal: () => next.refusal?.() };
}
