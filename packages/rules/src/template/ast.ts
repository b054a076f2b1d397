/** Go's `text/template` as a tree. Offsets are UTF-16 code units in the template's text. */

export interface Command {
  readonly kind: "command";
  readonly offset: number;
  readonly words: readonly Operand[];
}

export interface Pipeline {
  readonly kind: "pipeline";
  readonly offset: number;
  /** `$x := …` or `$x = …`; two names in a `range`. */
  readonly names: readonly string[];
  readonly declares: boolean;
  readonly commands: readonly Command[];
}

export type Operand =
  | { readonly kind: "dot" | "nil"; readonly offset: number }
  | { readonly kind: "bool"; readonly offset: number; readonly value: boolean }
  | { readonly kind: "number"; readonly offset: number; readonly value: number | bigint; readonly text: string }
  | { readonly kind: "string"; readonly offset: number; readonly value: string; readonly text: string }
  | { readonly kind: "field"; readonly offset: number; readonly path: readonly string[] }
  | { readonly kind: "variable"; readonly offset: number; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: "identifier"; readonly offset: number; readonly name: string }
  | { readonly kind: "chain"; readonly offset: number; readonly inner: Operand; readonly path: readonly string[] }
  | Pipeline;

export type Statement =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipeline: Pipeline;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: "template";
      readonly offset: number;
      readonly name: string;
      readonly pipeline: Pipeline | undefined;
    }
  | { readonly kind: "break" | "continue" };

/** A template's text and the named bodies in it; the one without a name is the template itself. */
export interface TemplateTree {
  readonly name: string;
  readonly text: string;
  readonly body: readonly Statement[];
  readonly defined: ReadonlyMap<string, readonly Statement[]>;
}

/** A part of a template as Go prints it in errors. */
export function nodeText(node: Operand | Command): string {
  switch (node.kind) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "bool":
      return String(node.value);
    case "number":
    case "string":
      return node.text;
    case "field":
      return pathText(node.path);
    case "variable":
      return `${node.name}${pathText(node.path)}`;
    case "identifier":
      return node.name;
    case "chain":
      return `${node.inner.kind === "pipeline" ? `(${nodeText(node.inner)})` : nodeText(node.inner)}${pathText(node.path)}`;
    case "command":
      return node.words.map((word) => (word.kind === "pipeline" ? `(${nodeText(word)})` : nodeText(word))).join(" ");
    default: {
      const assigned = node.names.length === 0 ? "" : `${node.names.join(", ")} ${node.declares ? ":=" : "="} `;
      return assigned + node.commands.map(nodeText).join(" | ");
    }
  }
}

function pathText(path: readonly string[]): string {
  return path.map((name) => `.${name}`).join("");
}
