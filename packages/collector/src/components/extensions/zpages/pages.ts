/** The pages' HTML. */
import type { CollectorView } from "../../../extension.ts";
import { featureGates } from "../../../inspect/feature-gates.ts";

const STYLE =
  "body{font:14px system-ui,sans-serif;margin:2rem;color-scheme:light dark}table{border-collapse:collapse}td,th{border:1px solid #8888;padding:.3rem .7rem;text-align:left;vertical-align:top}";

export function servicez(collector: CollectorView, nowMs: number): string {
  const rows = [
    ...Object.entries(collector.resource),
    ["Start Time", new Date(collector.startTimeMs).toISOString()],
    ["Up for", `${Math.round((nowMs - collector.startTimeMs) / 1_000)} s`],
    ["Runtime", `Node ${process.version}, ${process.platform} ${process.arch}`],
  ];
  const links = ["pipelinez", "extensionz", "featurez", "tracez"].map(
    (name) => `<li><a href="${name}">${name}</a></li>`,
  );
  return page("Service", `${table(["Property", "Value"], rows)}<ul>${links.join("")}</ul>`);
}

export function pipelinez({ pipelines }: CollectorView): string {
  const rows = pipelines.map((one) => [
    one.id,
    one.signal,
    one.receivers.join(", "),
    one.processors.join(", "),
    one.exporters.join(", "),
  ]);
  return page("Pipelines", table(["FullName", "InputType", "Receivers", "Processors", "Exporters"], rows));
}

export function extensionz({ extensions }: CollectorView): string {
  return page(
    "Extensions",
    table(
      ["FullName"],
      extensions.map((id) => [id]),
    ),
  );
}

export function featurez(): string {
  const rows = featureGates.map((gate) => [gate.id, String(gate.enabled), gate.stage, gate.description]);
  return page("Feature Gates", table(["ID", "Enabled", "Stage", "Description"], rows));
}

export function page(title: string, body: string): string {
  return `<!DOCTYPE html><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${body}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${cells(head, "th")}${rows.map((row) => cells(row, "td")).join("")}</table>`;
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
