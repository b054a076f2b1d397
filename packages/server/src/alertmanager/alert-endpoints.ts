/** `alerts`: those that are not over, with who hears of them, or why nobody does. */
import { ClewError, goRegExp, messageOf } from "@clew/base";
import { labelsTest } from "@clew/query";
import { type AlertStatus, type EmbeddedAlertmanager, fingerprint } from "@clew/rules";
import type { Context } from "hono";
import { filtersOf } from "./filters.ts";
import { Refusal } from "./refusal.ts";

/** Throws a `Refusal`. */
export function listAlerts(alertmanager: Pick<EmbeddedAlertmanager, "statuses">, context: Context): Response {
  const isWanted = labelsTest(filtersOf(context));
  const receiver = receiverTest(context.req.query("receiver"));
  const isActiveWanted = flagOf(context, "active");
  const isSilencedWanted = flagOf(context, "silenced");
  const isInhibitedWanted = flagOf(context, "inhibited");
  const found = alertmanager
    .statuses()
    .filter(({ alert, receivers }) => isWanted(alert.labels) && receivers.some(receiver))
    .filter((status) => isActiveWanted || isSuppressed(status))
    .filter(({ silencedBy }) => isSilencedWanted || silencedBy.length === 0)
    .filter(({ inhibitedBy }) => isInhibitedWanted || inhibitedBy === undefined);
  const answer = found.map(alertJson).sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return Response.json(answer);
}

function isSuppressed({ silencedBy, inhibitedBy }: AlertStatus): boolean {
  return silencedBy.length > 0 || inhibitedBy !== undefined;
}

function receiverTest(expression: string | undefined): (receiver: string) => boolean {
  if (expression === undefined) return () => true;
  try {
    const pattern = goRegExp(expression, { whole: true });
    return (receiver) => pattern.test(receiver);
  } catch (error) {
    const reason = error instanceof ClewError ? error.what : messageOf(error);
    throw new Refusal(400, `failed to parse receiver param: ${reason}`);
  }
}

/** True where it is absent. */
function flagOf(context: Context, name: string): boolean {
  const text = context.req.query(name) ?? "true";
  if (text === "true" || text === "false") return text === "true";
  throw new Refusal(422, { code: 601, message: `${name} in query must be of type bool: ${JSON.stringify(text)}` });
}

/** Alertmanager's `gettableAlert`. */
function alertJson(status: AlertStatus): { readonly fingerprint: string; readonly status: object } {
  const { alert, receivers, silencedBy, inhibitedBy } = status;
  const json = {
    annotations: Object.fromEntries(alert.annotations),
    endsAt: new Date(alert.endsAtMs).toISOString(),
    fingerprint: fingerprint(alert.labels),
    receivers: receivers.map((name) => ({ name })),
    startsAt: new Date(alert.startsAtMs).toISOString(),
    status: {
      inhibitedBy: inhibitedBy === undefined ? [] : [fingerprint(inhibitedBy)],
      mutedBy: [],
      silencedBy: silencedBy.map(({ id }) => id),
      state: isSuppressed(status) ? "suppressed" : "active",
    },
    updatedAt: new Date(alert.updatedAtMs).toISOString(),
    generatorURL: alert.generatorUrl,
    labels: alert.labels.toObject(),
  };
  return json;
}
