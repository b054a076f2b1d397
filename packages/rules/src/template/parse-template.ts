/** Reads a template into its tree, with the errors of Go's `text/template`. */
import { unquoted } from "@clew/query";
import type { Command, Operand, Pipeline, Statement, TemplateTree } from "./ast.ts";
import { lexTemplate, type Token, type TokenKind } from "./lex-template.ts";
import { parseFault } from "./template-error.ts";
import { characterCode, numberValue } from "./literals.ts";

/** Blocks and parentheses in each other may be this many. */
const MAX_DEPTH = 200;
const OPERANDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "bool",
  "char",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw",
  "string",
  "variable",
  "(",
]);

/** Throws a `TemplateError`. `isFunction` tells which functions there are. */
export function parseTemplate(name: string, text: string, isFunction: (name: string) => boolean): TemplateTree {
  return new Parser(name, text, isFunction).run();
}

class Parser {
  readonly #name: string;
  readonly #text: string;
  readonly #isFunction: (name: string) => boolean;
  readonly #tokens: readonly Token[];
  readonly #defined = new Map<string, readonly Statement[]>();
  #next = 0;
  #variables: string[] = ["$"];
  #ranges = 0;
  #depth = 0;

  constructor(name: string, text: string, isFunction: (name: string) => boolean) {
    this.#name = name;
    this.#text = text;
    this.#isFunction = isFunction;
    this.#tokens = lexTemplate(name, text);
  }

  run(): TemplateTree {
    const { statements, end } = this.#statements(new Set(["end of text"]));
    if (end !== "end of text") throw this.#fault(`unexpected {{${end}}}`);
    return { name: this.#name, text: this.#text, body: statements, defined: this.#defined };
  }

  /** Statements up to `{{end}}`, `{{else}}` or the end of the text. */
  #statements(ends: ReadonlySet<string>): { readonly statements: readonly Statement[]; readonly end: string } {
    const statements: Statement[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === "text") statements.push({ kind: "text", text: token.text });
      else if (token.kind === "end of text") {
        if (ends.has("end of text")) return { statements, end: "end of text" };
        throw this.#fault("unexpected EOF");
      } else {
        const word = this.#peekSolid();
        if (word.kind === "keyword" && (word.text === "end" || word.text === "else")) {
          this.#takeSolid();
          if (word.text === "end") this.#expectRight("end");
          if (!ends.has(word.text)) throw this.#fault(`unexpected {{${word.text}}}`);
          return { statements, end: word.text };
        }
        const statement = this.#action(word);
        if (statement !== undefined) statements.push(statement);
      }
    }
  }

  #action(word: Token): Statement | undefined {
    if (word.kind !== "keyword") return { kind: "action", pipeline: this.#pipeline("command", "right") };
    this.#takeSolid();
    switch (word.text) {
      case "if":
      case "with":
      case "range":
        return this.#branch(word.text);
      case "define":
        return this.#define();
      case "template":
        return this.#template(word);
      case "block":
        return this.#block(word);
      default:
        return this.#leave(word.text as "break" | "continue");
    }
  }

  #leave(kind: "break" | "continue"): Statement {
    this.#expectRight(`{{${kind}}}`);
    if (this.#ranges === 0) throw this.#fault(`{{${kind}}} outside {{range}}`);
    return { kind };
  }

  #branch(kind: "if" | "with" | "range"): Statement {
    this.#enter();
    const known = this.#variables.length;
    const pipeline = this.#pipeline(kind, "right");
    if (kind === "range") this.#ranges++;
    const { statements: body, end } = this.#statements(new Set(["end", "else"]));
    if (kind === "range") this.#ranges--;
    const otherwise = end === "else" ? this.#otherwise(kind) : [];
    this.#variables.length = known;
    this.#depth--;
    return { kind, pipeline, body, otherwise };
  }

  /** After `{{else`: a body, or an `if` (or `with`) that shares the `{{end}}`. */
  #otherwise(kind: "if" | "with" | "range"): readonly Statement[] {
    const word = this.#peekSolid();
    if (kind !== "range" && word.kind === "keyword" && word.text === kind) {
      this.#takeSolid();
      return [this.#branch(kind)];
    }
    this.#expectRight("else");
    const { statements, end } = this.#statements(new Set(["end", "else"]));
    if (end === "else") throw this.#fault(`expected end; found {{else}}`);
    return statements;
  }

  #define(): undefined {
    const name = this.#templateName("define clause");
    this.#expectRight("define clause");
    this.#defined.set(name, this.#ownBody());
  }

  #template({ offset }: Token): Statement {
    const name = this.#templateName("template clause");
    const isBare = this.#peekSolid().kind === "right";
    if (isBare) this.#takeSolid();
    const pipeline = isBare ? undefined : this.#pipeline("template clause", "right");
    return { kind: "template", offset, name, pipeline };
  }

  #block({ offset }: Token): Statement {
    const name = this.#templateName("block clause");
    const pipeline = this.#pipeline("block clause", "right");
    this.#defined.set(name, this.#ownBody());
    return { kind: "template", offset, name, pipeline };
  }

  /** A body that does not see the variables around it. */
  #ownBody(): readonly Statement[] {
    this.#enter();
    const around = { variables: this.#variables, ranges: this.#ranges };
    this.#variables = ["$"];
    this.#ranges = 0;
    const { statements, end } = this.#statements(new Set(["end", "else"]));
    if (end === "else") throw this.#fault("unexpected {{else}} in define clause");
    this.#variables = around.variables;
    this.#ranges = around.ranges;
    this.#depth--;
    return statements;
  }

  #templateName(context: string): string {
    const token = this.#takeSolid();
    if (token.kind !== "string" && token.kind !== "raw") throw this.#unexpected(token, context);
    return unquoted(token.text);
  }

  #pipeline(context: string, end: "right" | ")"): Pipeline {
    const { offset } = this.#peekSolid();
    const { names, declares } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#peekSolid();
      if (token.kind === end) {
        this.#takeSolid();
        this.#checkPipeline(commands, context);
        this.#variables.push(...(declares ? names : []));
        return { kind: "pipeline", offset, names, declares, commands };
      }
      if (!OPERANDS.has(token.kind)) throw this.#unexpected(this.#takeSolid(), context);
      commands.push(this.#command());
    }
  }

  #declarations(context: string): { readonly names: readonly string[]; readonly declares: boolean } {
    const start = this.#next;
    const names: string[] = [];
    for (;;) {
      const name = this.#peekSolid();
      if (name.kind !== "variable") break;
      this.#takeSolid();
      const after = this.#peekSolid();
      if (after.kind === ":=" || after.kind === "=") {
        this.#takeSolid();
        names.push(name.text);
        if (after.kind === "=") names.forEach((one) => this.#checkVariable(one));
        return { names, declares: after.kind === ":=" };
      }
      if (after.kind !== "," || context !== "range") break;
      if (names.length > 0) throw this.#fault(`too many declarations in ${context}`);
      this.#takeSolid();
      names.push(name.text);
    }
    this.#next = start;
    return { names: [], declares: false };
  }

  #checkPipeline(commands: readonly Command[], context: string): void {
    if (commands.length === 0) throw this.#fault(`missing value for ${context}`);
    commands.slice(1).forEach(({ words }, i) => {
      const kind = words[0]?.kind ?? "";
      if (["bool", "dot", "nil", "number", "string"].includes(kind))
        throw this.#fault(`non executable command in pipeline stage ${i + 2}`);
    });
  }

  #command(): Command {
    const { offset } = this.#peekSolid();
    const words: Operand[] = [];
    for (;;) {
      const first = this.#peekSolid();
      if (OPERANDS.has(first.kind)) words.push(this.#operand());
      const token = this.#peek();
      if (token.kind === "space") continue;
      if (token.kind === "right" || token.kind === ")") break;
      if (token.kind === "pipe") {
        this.#take();
        const after = this.#peekSolid();
        if (after.kind === "right" || after.kind === ")") throw this.#fault("missing value for command");
        break;
      }
      throw this.#unexpected(this.#take(), "operand");
    }
    if (words.length === 0) throw this.#fault("empty command");
    return { kind: "command", offset, words };
  }

  #operand(): Operand {
    const inner = this.#term();
    const path: string[] = [];
    const { offset } = this.#peek();
    while (this.#peek().kind === "field") path.push(this.#take().text.slice(1));
    if (path.length === 0) return inner;
    // Go says that such a thing is where its further fields begin.
    if (inner.kind === "field" || inner.kind === "variable")
      return { ...inner, offset, path: [...inner.path, ...path] };
    if (["bool", "string", "number", "nil", "dot"].includes(inner.kind))
      throw this.#fault(`unexpected . after term ${JSON.stringify(this.#text.slice(inner.offset, offset))}`);
    return { kind: "chain", offset, inner, path };
  }

  #term(): Operand {
    const token = this.#takeSolid();
    const { offset, text } = token;
    switch (token.kind) {
      case "identifier":
        if (!this.#isFunction(text)) throw this.#fault(`function ${JSON.stringify(text)} not defined`);
        return { kind: "identifier", offset, name: text };
      case "dot":
      case "nil":
        return { kind: token.kind, offset };
      case "variable":
        this.#checkVariable(text);
        return { kind: "variable", offset, name: text, path: [] };
      case "field":
        return { kind: "field", offset, path: [text.slice(1)] };
      case "bool":
        return { kind: "bool", offset, value: text === "true" };
      case "number":
        return { kind: "number", offset, value: numberValue(text), text };
      case "char":
        return { kind: "number", offset, value: characterCode(text), text };
      case "(": {
        this.#enter();
        const pipeline = this.#pipeline("parenthesized pipeline", ")");
        this.#depth--;
        return pipeline;
      }
      default:
        return { kind: "string", offset, value: unquoted(text), text };
    }
  }

  #checkVariable(name: string): void {
    if (!this.#variables.includes(name)) throw this.#fault(`undefined variable ${JSON.stringify(name)}`);
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw this.#fault("template is nested too deeply");
  }

  #expectRight(context: string): void {
    const token = this.#takeSolid();
    if (token.kind !== "right") throw this.#unexpected(token, context);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? this.#last();
  }

  #take(): Token {
    return this.#tokens[this.#next++] ?? this.#last();
  }

  #peekSolid(): Token {
    while (this.#peek().kind === "space") this.#next++;
    return this.#peek();
  }

  #takeSolid(): Token {
    this.#peekSolid();
    return this.#take();
  }

  #last(): Token {
    return { kind: "end of text", text: "", offset: this.#text.length, line: this.#tokens.at(-1)?.line ?? 1 };
  }

  #unexpected(token: Token, context: string): Error {
    return this.#fault(`unexpected ${tokenText(token)} in ${context}`);
  }

  #fault(problem: string): Error {
    const { line } = this.#tokens[Math.max(0, this.#next - 1)] ?? this.#last();
    return parseFault(this.#name, line, problem);
  }
}

/** A token as Go's parser names it in errors. */
function tokenText({ kind, text }: Token): string {
  if (kind === "end of text") return "EOF";
  if (kind === "keyword") return `<${text}>`;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}
