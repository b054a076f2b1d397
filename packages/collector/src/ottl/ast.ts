/** What a text says, with the places where it says it. */

export interface Statement {
  readonly editor: Call;
  readonly where: BooleanNode | undefined;
}

export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type MathOperator = "+" | "-" | "*" | "/";

export type BooleanNode =
  | { readonly is: "or" | "and"; readonly operands: readonly BooleanNode[] }
  | { readonly is: "not"; readonly operand: BooleanNode }
  | { readonly is: "compare"; readonly left: ValueNode; readonly operator: CompareOperator; readonly right: ValueNode }
  | { readonly is: "boolean"; readonly value: boolean }
  | { readonly is: "converter"; readonly call: Call };

export type ValueNode = { readonly offset: number } & (
  | { readonly is: "nil" }
  | { readonly is: "string"; readonly value: string }
  | { readonly is: "bytes"; readonly value: Uint8Array }
  | { readonly is: "boolean"; readonly value: boolean }
  | { readonly is: "int"; readonly value: bigint }
  | { readonly is: "float"; readonly value: number }
  | { readonly is: "enum"; readonly symbol: string }
  | { readonly is: "path"; readonly path: PathNode }
  | { readonly is: "converter"; readonly call: Call }
  | { readonly is: "math"; readonly left: ValueNode; readonly operator: MathOperator; readonly right: ValueNode }
  | { readonly is: "sign"; readonly operator: "+" | "-"; readonly operand: ValueNode }
  | { readonly is: "list"; readonly values: readonly ValueNode[] }
  | { readonly is: "map"; readonly entries: readonly (readonly [string, ValueNode])[] }
  | { readonly is: "lambda"; readonly parameters: readonly Parameter[]; readonly body: LambdaBody }
  /** The bare name of a function, which only stands as an argument. */
  | { readonly is: "function"; readonly name: string }
);

export interface Parameter {
  readonly name: string;
  readonly offset: number;
}

export type LambdaBody =
  | { readonly is: "value"; readonly value: ValueNode }
  | { readonly is: "boolean"; readonly value: BooleanNode };

export interface Call {
  readonly name: string;
  readonly offset: number;
  readonly arguments: readonly Argument[];
  readonly keys: readonly KeyNode[];
}

export interface Argument {
  readonly name: string | undefined;
  readonly offset: number;
  readonly value: ValueNode;
}

/** `span.attributes["a"][0]`: the first segment may be a context's name, or a lambda's parameter. */
export interface PathNode {
  readonly offset: number;
  readonly segments: readonly Segment[];
}

export interface Segment {
  readonly name: string;
  readonly offset: number;
  readonly keys: readonly KeyNode[];
}

/** What stands in square brackets. */
export type KeyNode = ValueNode;
