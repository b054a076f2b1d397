/** Go's `text/template` with Alertmanager's functions, for the texts of notifications. */
import type { Statement } from "../template/ast.ts";
import { builtins } from "../template/builtins.ts";
import { executeTemplate } from "../template/execute-template.ts";
import { type TemplateFunction, textFunctions } from "../template/functions.ts";
import { humanizeDuration } from "../template/humanize.ts";
import { parseTemplate } from "../template/parse-template.ts";
import { itemsOf, Structure, type Value, valueText } from "../template/values.ts";
import { DEFAULT_TEMPLATES } from "./default-templates.ts";
import { notificationData } from "./notification-data.ts";
import type { Notification } from "./notification.ts";

/** What is HTML already. */
const SAFE_HTML = "template.HTML";

const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ...builtins,
  toUpper: textFunctions["toUpper"]!,
  toLower: textFunctions["toLower"]!,
  title: textFunctions["title"]!,
  match: textFunctions["match"]!,
  reReplaceAll: textFunctions["reReplaceAll"]!,
  trimSpace: { parameters: ["string"], call: (text: string) => text.trim() },
  join: {
    parameters: ["string", "any"],
    call: (separator: string, list: Value) => (itemsOf(list) ?? []).map(valueText).join(separator),
  },
  stringSlice: { parameters: ["any"], variadic: true, call: (...texts: readonly Value[]) => texts },
  safeHtml: { parameters: ["string"], call: (text: string) => new Structure(SAFE_HTML, text, {}) },
  safeUrl: { parameters: ["string"], call: (text: string) => text },
  urlUnescape: { parameters: ["string"], call: (text: string) => decodeURIComponent(text.replaceAll("+", " ")) },
  humanizeDuration: { parameters: ["any"], call: humanizeDuration },
  date: { parameters: ["string", "any"], call: formatted },
};

export class NotificationTemplates {
  readonly #defined: ReadonlyMap<string, readonly Statement[]>;

  /** `definitions` are texts with `{{ define }}`; the last of one name counts. Throws a `TemplateError`. */
  constructor(definitions: readonly string[]) {
    const all = [DEFAULT_TEMPLATES, ...definitions].map((text) => parseTemplate("", text, isFunction));
    this.#defined = new Map(all.flatMap(({ defined }) => [...defined]));
  }

  /** Throws a `TemplateError` for a text that can't be read. */
  check(template: string): void {
    parseTemplate("", template, isFunction);
  }

  /** Throws a `TemplateError`. */
  text(template: string, notification: Notification): string {
    return this.#expanded(template, notification, valueText);
  }

  /** What comes from alerts is escaped, unless `safeHtml` says that it need not be. Throws a `TemplateError`. */
  html(template: string, notification: Notification): string {
    return this.#expanded(template, notification, htmlText);
  }

  #expanded(template: string, notification: Notification, textOf: (value: Value) => string): string {
    if (!template.includes("{{")) return template;
    const tree = parseTemplate("", template, isFunction);
    const defined = new Map([...this.#defined, ...tree.defined]);
    return executeTemplate({ ...tree, defined }, notificationData(notification), FUNCTIONS, textOf);
  }
}

function isFunction(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name);
}

function htmlText(value: Value): string {
  if (value instanceof Structure && value.typeName === SAFE_HTML) return value.text;
  const escapes: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&#34;",
    "'": "&#39;",
  };
  return valueText(value).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}

function formatted(layout: string, time: Value): Value {
  const format = time instanceof Structure ? time.methods["Format"] : undefined;
  if (format === undefined) throw new Error("wrong type of argument: expected a time");
  return format(layout);
}
