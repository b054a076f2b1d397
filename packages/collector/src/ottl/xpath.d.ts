/** What we use of `xpath` (`paths` of tsconfig.base.json leads here): its own types would bring the whole DOM into every file. */
export interface XPathExpression {
  select(options: { readonly node: unknown; readonly allowAnyNamespaceForNoPrefix?: boolean }): unknown[];
}
export function parse(expression: string): XPathExpression;
