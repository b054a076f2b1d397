/** A notification as templates see it: Alertmanager's `Data`. */
import { timeValue, ZERO_TIME_MS } from "../template/go-time.ts";
import { itemsOf, MethodList, StringMap, Structure, type Value, valueText } from "../template/values.ts";
import { fingerprint } from "./fingerprint.ts";
import { commonPairs, type Notification, type NotifiedAlert, statusOf } from "./notification.ts";

export function notificationData({ receiver, groupLabels, alerts, externalUrl }: Notification): Value {
  return new Structure("*template.Data", "", {
    fields: {
      Receiver: receiver,
      Status: statusOf(alerts),
      Alerts: alertList(alerts),
      GroupLabels: pairs(groupLabels),
      CommonLabels: pairs(commonPairs(alerts.map(({ labels }) => labels))),
      CommonAnnotations: pairs(commonPairs(alerts.map(({ annotations }) => annotations))),
      ExternalURL: externalUrl,
    },
  });
}

function alertList(alerts: readonly NotifiedAlert[]): MethodList {
  const those = (isResolved: boolean) => (): Value =>
    alerts.filter((alert) => alert.isResolved === isResolved).map(alertValue);
  return new MethodList(alerts.map(alertValue), { Firing: those(false), Resolved: those(true) });
}

function alertValue({ labels, annotations, isResolved, startsAtMs, endsAtMs, generatorUrl }: NotifiedAlert): Structure {
  return new Structure("template.Alert", "", {
    fields: {
      Status: isResolved ? "resolved" : "firing",
      Labels: pairs(labels),
      Annotations: pairs(annotations),
      StartsAt: timeValue(startsAtMs),
      EndsAt: timeValue(isResolved ? endsAtMs : ZERO_TIME_MS),
      GeneratorURL: generatorUrl,
      Fingerprint: fingerprint(labels),
    },
  });
}

/** Alertmanager's `KV`. */
function pairs(entries: Iterable<readonly [string, string]>): StringMap {
  const sorted = sortedPairs([...entries]);
  const names = (): Value => textList(sorted.map(([name]) => name));
  const values = (): Value => textList(sorted.map(([, value]) => value));
  return new StringMap(sorted, "", {
    SortedPairs: () =>
      new MethodList(
        sorted.map(
          ([Name, Value]) => new Structure("template.Pair", `{${Name} ${Value}}`, { fields: { Name, Value } }),
        ),
        { Names: names, Values: values },
      ),
    Names: names,
    Values: values,
    Remove: (list) => {
      const removed = new Set((itemsOf(list) ?? []).map(valueText));
      return pairs(sorted.filter(([name]) => !removed.has(name)));
    },
  });
}

/** By name, the alert's own before all others. */
function sortedPairs(entries: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  const rank = (name: string): string => (name === "alertname" ? "" : name);
  return entries.toSorted(([a], [b]) => (rank(a) < rank(b) ? -1 : 1));
}

function textList(texts: readonly string[]): MethodList {
  return new MethodList(texts, { Join: (separator) => texts.join(valueText(separator)) });
}
