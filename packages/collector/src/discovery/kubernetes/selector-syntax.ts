/** Whether Kubernetes understands a selector. What it does not is told in the words of its own library. */

const BINARY_OPERATORS = ["in", "notin", "=", "==", "!=", "gt", "lt"];
const MAX_NAME_LENGTH = 63;
const MAX_PREFIX_LENGTH = 253;
const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SYMBOLS = ["==", "!=", ")", ",", "!", "=", ">", "<", "("];

/** What is wrong with `a=b,c!=d`; undefined where nothing is. */
export function fieldSelectorProblem(selector: string): string | undefined {
  // A backslash keeps the comma behind it from being the end of a term.
  for (const term of selector.match(/(?:\\[^]|[^,\\]|\\$)+/g) ?? []) {
    const operator = /!=|==?/.exec(term);
    if (operator === null) return `invalid selector: '${selector}'; can't understand '${term}'`;
    const value = term.slice(operator.index + operator[0].length);
    const escape = /^(?:\\[\\,=]|[^\\])*?(\\[^\\,=]|\\$)/.exec(value)?.[1];
    if (escape !== undefined) return `invalid field selector: invalid escape sequence: ${escape}`;
    const bare = /^(?:\\[^]|[^\\=])*=/.test(value);
    if (bare) return `invalid field selector: unescaped character in value: ${"=".codePointAt(0)}`;
  }
  return undefined;
}

/** The same for `a=b,c in (d, e),!f`. */
export function labelSelectorProblem(selector: string): string | undefined {
  try {
    new LabelSelectorParser(selector).parse();
    return undefined;
  } catch (error) {
    if (error instanceof SelectorError) return error.message;
    throw error;
  }
}

class SelectorError extends Error {}

interface Token {
  readonly kind: "identifier" | "end" | "error" | "symbol";
  readonly text: string;
}

class LabelSelectorParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(selector: string) {
    this.#tokens = tokensOf(selector);
  }

  parse(): void {
    for (;;) {
      const next = this.#peek();
      if (next.kind === "end") return;
      if (!isStart(next)) throw found(next, ", expected: !, identifier, or 'end of string'");
      this.#requirement();
      const after = this.#take();
      if (after.kind === "end") return;
      if (after.text !== ",") throw found(after, ", expected: ',' or 'end of string'");
      if (!isStart(this.#peek())) throw found(this.#peek(), ", expected: identifier after ','");
    }
  }

  #requirement(): void {
    try {
      this.#keyAndValues();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #keyAndValues(): void {
    const isNegated = this.#peek().text === "!" && this.#take() !== undefined;
    const key = this.#take();
    if (key.kind !== "identifier") throw found(key, ", expected: identifier");
    checkKey(key.text);
    const isBare = this.#peek().kind === "end" || this.#peek().text === ",";
    // `!key` goes no further.
    if (isNegated || isBare) return;
    const operator = this.#take();
    const isSet = operator.text === "in" || operator.text === "notin";
    if (!isSet && !["=", "==", "!=", ">", "<"].includes(operator.text)) {
      throw found(operator, `, expected: ${BINARY_OPERATORS.join(", ")}`);
    }
    const values = isSet ? this.#set() : [this.#exact()];
    for (const value of values) checkValue(key.text, value);
    if ((operator.text === ">" || operator.text === "<") && !/^[+-]?\d+$/.test(values[0]!)) {
      const why = "for 'Gt', 'Lt' operators, the value must be an integer";
      throw new SelectorError(`values[0]: Invalid value: ${JSON.stringify(values[0])}: ${why}`);
    }
  }

  #exact(): string {
    if (this.#peek().kind === "end" || this.#peek().text === ",") return "";
    const value = this.#take();
    if (value.kind !== "identifier") throw found(value, ", expected: identifier");
    return value.text;
  }

  #set(): string[] {
    const open = this.#take();
    if (open.text !== "(") throw found(open, " expected: '('");
    const values: string[] = [];
    for (;;) {
      const next = this.#take();
      if (next.text === ")" && next.kind === "symbol") return values;
      if (next.text === "," && next.kind === "symbol") continue;
      if (next.kind !== "identifier") {
        throw found(
          next,
          values.length === 0 ? ", expected: ',', ')' or identifier" : ", expected: ',', or identifier",
        );
      }
      values.push(next.text);
      const after = this.#peek();
      if (after.text !== "," && after.text !== ")") throw found(after, ", expected: ',' or ')'");
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "" };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}

function tokensOf(selector: string): Token[] {
  return (selector.match(/[=!(),<>]+|[^\s=!(),<>]+/g) ?? []).flatMap((run): Token[] =>
    /[=!(),<>]/.test(run) ? symbolsOf(run) : [{ kind: "identifier", text: run }],
  );
}

function symbolsOf(run: string): Token[] {
  const tokens: Token[] = [];
  for (let rest = run; rest !== "";) {
    const text = SYMBOLS.find((one) => rest.startsWith(one)) ?? rest;
    tokens.push({ kind: "symbol", text });
    rest = rest.slice(text.length);
  }
  return tokens;
}

function isStart(token: Token): boolean {
  return token.kind === "identifier" || token.text === "!";
}

function found(token: Token, expected: string): SelectorError {
  return new SelectorError(`found '${token.text}'${expected}`);
}

function checkKey(key: string): void {
  const [name = "", prefix, ...more] = key.split("/").reverse();
  const problems: string[] = [];
  if (more.length > 0) {
    problems.push(
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${source(NAME)}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    );
  } else {
    if (prefix === "") problems.push("prefix part must be non-empty");
    else if (prefix !== undefined && prefix.length > MAX_PREFIX_LENGTH) {
      problems.push(`prefix part must be no more than ${MAX_PREFIX_LENGTH} characters`);
    } else if (prefix !== undefined && !DNS_SUBDOMAIN.test(prefix)) {
      problems.push(
        `prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${source(DNS_SUBDOMAIN)}')`,
      );
    }
    if (name === "") problems.push("name part must be non-empty");
    else if (name.length > MAX_NAME_LENGTH)
      problems.push(`name part must be no more than ${MAX_NAME_LENGTH} characters`);
    if (!NAME.test(name)) {
      problems.push(
        `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${source(NAME)}')`,
      );
    }
  }
  if (problems.length > 0) {
    throw new SelectorError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join("; ")}`);
  }
}

function checkValue(key: string, value: string): void {
  const problems: string[] = [];
  if (value.length > MAX_NAME_LENGTH) problems.push(`must be no more than ${MAX_NAME_LENGTH} characters`);
  if (!LABEL_VALUE.test(value)) {
    problems.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${source(LABEL_VALUE)}')`,
    );
  }
  if (problems.length > 0) {
    throw new SelectorError(`values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${problems.join("; ")}`);
  }
}

/** The pattern without its anchors, as it is shown. */
function source(pattern: RegExp): string {
  return pattern.source.slice(1, -1);
}
