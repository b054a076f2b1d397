import { queryError } from "./query-error.ts";

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/**
 * A JavaScript expression that matches what Go's RE2 syntax describes, against the whole text,
 * with `.` matching a newline. Leading flags such as `(?i)` are understood; flags in the middle are not.
 */
export function goRegExp(source: string): RegExp {
  try {
    const leading = /^\(\?([ims]+)\)/.exec(source);
    const flags = leading?.[1] ?? "";
    const body = translated(source.slice(leading?.[0].length ?? 0));
    return new RegExp(`^(?:${body})$`, `su${flags.includes("i") ? "i" : ""}`);
  } catch (cause) {
    throw queryError("bad_data", `error parsing regexp: invalid expression: \`${source}\``, { cause });
  }
}

const TOKEN = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[:(\^?)(\w+):\]|\(\?P<|\(\?[ims]+:|[\s\S]/gu;

function translated(source: string): string {
  let inClass = false;
  let text = "";
  for (const match of source.matchAll(TOKEN)) {
    const token = match[0];
    if (token.startsWith("[:") && inClass) text += posixClass(match[1] ?? "", match[2] ?? "");
    else if (token.startsWith("[:")) return translatedFrom(source, text, match.index);
    else if (token.startsWith("\\")) text += escape(token, inClass);
    else if (token === "(?P<") text += inClass ? "(?P<" : "(?<";
    else if (/^\(\?[ims]+:$/.test(token)) text += inClass ? token : "(?:";
    else if (inClass && token === "[") text += "\\[";
    else {
      if (token === "[") inClass = true;
      if (token === "]" && inClass && !/\[\^?$/.test(text)) inClass = false;
      else if (token === "]") {
        text += "\\]";
        continue;
      }
      text +=
        token === "}" && !closesRepetition(text)
          ? "\\}"
          : token === "{" && !opensRepetition(source, match.index)
            ? "\\{"
            : token;
    }
  }
  return text;
}

// `[:` outside a class opens an ordinary class that begins with a colon.
function translatedFrom(source: string, text: string, at: number): string {
  const end = source.indexOf("]", at);
  if (end < 0) throw new SyntaxError("missing closing ]");
  return `${text}${source.slice(at, end + 1)}${translated(source.slice(end + 1))}`;
}

function posixClass(negation: string, name: string): string {
  const members = POSIX_CLASSES[name];
  if (members === undefined || negation !== "") throw new SyntaxError(`invalid character class range: [:${name}:]`);
  return members;
}

function escape(token: string, inClass: boolean): string {
  if (token.startsWith("\\Q"))
    return token
      .slice(2)
      .replace(/\\E$/, "")
      .replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const character = token.slice(1);
  if (character === "A" && !inClass) return "^";
  if (character === "z" && !inClass) return "$";
  if (character === "a") return "\\x07";
  if (/[A-Za-z0-9]/.test(character)) return token;
  return /[\\^$.*+?()[\]{}|/]/.test(character) || (inClass && character === "-") ? token : character;
}

function opensRepetition(source: string, at: number): boolean {
  return (
    /^\{\d+(?:,\d*)?\}/.test(source.slice(at)) ||
    /\\[pP]$/.test(source.slice(0, at)) ||
    /\\x$/.test(source.slice(0, at))
  );
}

function closesRepetition(text: string): boolean {
  return /(?<!\\)\{[^{}]*$/.test(text);
}
