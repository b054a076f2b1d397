/** The parts of a URL under the names of the semantic conventions. */
import type { Value } from "@clew/otlp";
import { OttlError } from "../ottl-error.ts";
import { quote } from "../quoted.ts";

// RFC 3986, appendix B, with the authority taken apart.
const URL_PARTS =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?(\[[^\]/?#]*\]|[^/?#:]*)(?::([^/?#]*))?)?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

export function urlParts(url: string): [string, Value][] {
  if (url.startsWith("?")) return [["query", queryOf(url.slice(1))]];
  const match = URL_PARTS.exec(url);
  if (match === null || hasControl(url)) throw invalid(url, "net/url: invalid control character in URL");
  const [, scheme = "", userInfo, host = "", port = "", path = "", query = "", fragment = ""] = match;
  if (scheme === "" && path.split("/")[0]!.includes(":")) {
    throw invalid(url, "first path segment in URL cannot contain colon");
  }
  if (!/^\d*$/.test(port)) throw invalid(url, `invalid port ${quote(`:${port}`)} after host`);
  const decodedPath = unescaped(path, url);
  return [
    ["url.original", url.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, (one) => one.toLowerCase())],
    ["url.domain", host.replace(/^\[(.*)\]$/, "$1")],
    ["url.scheme", scheme.toLowerCase()],
    ["url.path", decodedPath],
    ...(port === "" ? [] : [["url.port", BigInt(port)] as [string, Value]]),
    ...(fragment === "" ? [] : [["url.fragment", unescaped(fragment, url)] as [string, Value]]),
    ...userParts(userInfo, url),
    ...(query === "" ? [] : [["url.query", query] as [string, Value]]),
    ...extension(decodedPath),
  ];
}

function hasControl(text: string): boolean {
  return Array.from(text).some((one) => one < " " || one === "\x7f");
}

function userParts(userInfo: string | undefined, url: string): [string, Value][] {
  if (userInfo === undefined) return [];
  const [name, password] = /^([^:]*)(?::([\s\S]*))?$/.exec(userInfo)!.slice(1) as [string, string | undefined];
  return [
    ["url.user_info", userInfo],
    ...(name === "" ? [] : [["url.username", unescaped(name, url)] as [string, Value]]),
    ...(password === undefined ? [] : [["url.password", unescaped(password, url)] as [string, Value]]),
  ];
}

function extension(path: string): [string, Value][] {
  const at = path.lastIndexOf(".");
  return at < 0 || at === path.length - 1 ? [] : [["url.extension", path.slice(at + 1)]];
}

function unescaped(text: string, url: string): string {
  const wrong = /%(?![0-9a-fA-F]{2})[\s\S]{0,2}/.exec(text)?.[0];
  if (wrong !== undefined) throw invalid(url, `invalid URL escape ${quote(wrong)}`);
  const bytes = text
    .split(/(%[0-9a-fA-F]{2})/)
    .map((part) => (/^%[0-9a-fA-F]{2}$/.test(part) ? Buffer.from(part.slice(1), "hex") : Buffer.from(part)));
  return Buffer.concat(bytes).toString();
}

function invalid(url: string, why: string): OttlError {
  return new OttlError(`parse ${quote(url)}: ${why}`);
}

/** Each parameter with all its values. */
function queryOf(query: string): Value {
  const parameters = new Map<string, string[]>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [name, value = ""] = /^([^=]*)(?:=([\s\S]*))?$/.exec(part)!.slice(1) as [string, string | undefined];
    const key = unescaped(name.replaceAll("+", " "), query);
    const values = parameters.get(key) ?? [];
    values.push(unescaped(value.replaceAll("+", " "), query));
    parameters.set(key, values);
  }
  return parameters;
}
