/** Syslog lines, RFC 3164 and RFC 5424. */
import { boolean, field, optional, section, string } from "../../../../schema/schema.ts";
import { zoneNamed } from "../../../../ottl/time/zone.ts";
import { timeParser } from "../../../../ottl/time/strptime.ts";
import type { ExprValue } from "../../../../expr/value.ts";
import type { Entry, MutableMap } from "../entry.ts";
import { setOwn } from "../field.ts";
import { severityName } from "../write-logs.ts";
import { transformer, type OperatorTools, type OperatorType } from "./operator.ts";
import { parserFields, parsing, type ParserConfig } from "./parser.ts";

interface SyslogConfig extends ParserConfig {
  readonly protocol: string;
  readonly location: string;
  readonly enable_octet_counting: boolean;
  readonly allow_skip_pri_header: boolean;
  readonly non_transparent_framing_trailer: string | undefined;
}

/** What a message says, and when. */
interface Message {
  readonly attributes: MutableMap;
  readonly timeUnixNano: bigint | undefined;
  readonly priority: number | undefined;
}

const FACILITIES = [
  "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
  "security", "console", "solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
]; // prettier-ignore
const SEVERITY_TEXTS = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const SEVERITY_NUMBERS = [21, 19, 18, 17, 13, 10, 9, 5];

const RFC_5424 =
  /^(?:<(\d{1,3})>)?(\d{1,3}) (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[[^ =\]"]+(?: [^ =\]"]+="(?:[^"\\\]]|\\.)*")*\])+)(?: ([\s\S]*))?$/;
const RFC_3164 =
  /^(?:<(\d{1,3})>)?((?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)|(?:\d{4}-\d\d-\d\dT\S+)) (\S+) (?:([^\s:[]+)(?:\[([^\]]*)\])?: ?)?([\s\S]*)$/;

export const syslogParser: OperatorType<SyslogConfig> = {
  type: "syslog_parser",
  schema: section<SyslogConfig>({
    ...parserFields,
    protocol: field(string, "", "`rfc3164`, `rfc5424` or `none`."),
    location: field(string, "UTC", "Where times of RFC 3164 are."),
    enable_octet_counting: field(boolean, false, "Whether a length stands before the message."),
    allow_skip_pri_header: field(boolean, false, "Whether the priority may be left out."),
    non_transparent_framing_trailer: field(optional(string), undefined, "`LF` or `NUL` at the end of messages."),
  }),
  create(config, tools) {
    const protocol = config.protocol.toLowerCase();
    if (protocol === "") throw new TypeError("missing field 'protocol'");
    if (!["rfc3164", "rfc5424", "none"].includes(protocol)) {
      throw new TypeError(`unsupported protocol version: ${protocol}`);
    }
    const read = protocol === "rfc5424" ? rfc5424 : protocol === "none" ? plain : rfc3164(config.location, tools);
    let message: Message | undefined;
    const parse = parsing(config, tools, (value) => {
      message = read(unframed(value, config));
      if (message.priority === undefined && protocol !== "none" && !config.allow_skip_pri_header) {
        throw new TypeError("expecting a priority value between angle brackets [col 0]");
      }
      return message.attributes;
    });
    return transformer(config, tools, (entry) => {
      parse(entry);
      if (message !== undefined) take(message, entry);
    });
  },
};

function take({ timeUnixNano, priority }: Message, entry: Entry): void {
  if (timeUnixNano !== undefined && entry.timeUnixNano === 0n) entry.timeUnixNano = timeUnixNano;
  if (priority === undefined || entry.severityNumber > 0) return;
  entry.severityNumber = SEVERITY_NUMBERS[priority % 8] ?? 0;
  entry.severityText = SEVERITY_TEXTS[priority % 8] ?? severityName(entry.severityNumber);
}

function unframed(value: ExprValue, config: SyslogConfig): string {
  if (typeof value !== "string") throw new TypeError("syslog messages must be texts");
  const text = config.enable_octet_counting ? value.replace(/^\d+ /, "") : value;
  if (config.non_transparent_framing_trailer === undefined) return text;
  return text.replace(config.non_transparent_framing_trailer === "NUL" ? /\0$/ : /\n$/, "");
}

function priorityAttributes(priority: number | undefined): MutableMap {
  if (priority === undefined) return {};
  if (priority > 191) throw new TypeError("expecting a priority value within 0..191");
  const facility = Math.floor(priority / 8);
  return { priority: BigInt(priority), facility: BigInt(facility), facility_text: FACILITIES[facility] };
}

function plain(text: string): Message {
  return { attributes: { message: text }, timeUnixNano: undefined, priority: undefined };
}

function rfc5424(text: string): Message {
  const match = RFC_5424.exec(text);
  if (match === null) throw new TypeError("expecting a version value in the range 1-999 and a header of RFC 5424");
  const [, written, version, time = "", hostname, appname, procId, msgId, structured = "-", message] = match;
  const priority = written === undefined ? undefined : Number(written);
  const attributes: MutableMap = { ...priorityAttributes(priority), version: BigInt(version ?? 1) };
  for (const [key, value] of Object.entries({ hostname, appname, proc_id: procId, msg_id: msgId })) {
    if (value !== "-") attributes[key] = value;
  }
  if (structured !== "-") attributes["structured_data"] = structuredData(structured);
  if (message !== undefined && message !== "") attributes["message"] = message.replace(/^\uFEFF/, "");
  return { attributes, timeUnixNano: time === "-" ? undefined : isoNanos(time), priority };
}

function structuredData(text: string): MutableMap {
  const data: MutableMap = {};
  for (const [, id = "", parameters = ""] of text.matchAll(/\[([^ \]]+)((?: [^ =\]"]+="(?:[^"\\\]]|\\.)*")*)\]/g)) {
    const element: MutableMap = {};
    for (const [, name = "", value = ""] of parameters.matchAll(/ ([^ =]+)="((?:[^"\\\]]|\\.)*)"/g)) {
      setOwn(element, name, value.replaceAll(/\\(["\\\]])/g, "$1"));
    }
    setOwn(data, id, element);
  }
  return data;
}

function rfc3164(location: string, tools: OperatorTools): (text: string) => Message {
  const readTime = timeParser({
    format: "%b %e %H:%M:%S",
    zone: zoneNamed(location),
    nowMs: () => tools.clock.nowMs(),
  });
  return (text) => {
    const match = RFC_3164.exec(text);
    if (match === null) throw new TypeError("expecting a timestamp and a hostname of RFC 3164");
    const [, written, time = "", hostname, appname, procId, message] = match;
    const priority = written === undefined ? undefined : Number(written);
    const attributes: MutableMap = priorityAttributes(priority);
    for (const [key, value] of Object.entries({ hostname, appname, proc_id: procId, message })) {
      if (value !== undefined && value !== "") attributes[key] = value;
    }
    const timeUnixNano = /^\d/.test(time) ? isoNanos(time) : readTime(time).unixNano;
    return { attributes, timeUnixNano, priority };
  };
}

/** RFC 3339 with any number of digits in the fraction. */
function isoNanos(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = match === null ? NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) throw new TypeError(`expecting a RFC3339MICRO timestamp, got ${JSON.stringify(text)}`);
  return BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? "").padEnd(9, "0"));
}
