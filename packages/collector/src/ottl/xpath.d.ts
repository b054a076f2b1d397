/** What we use of `xpath`, whose own types would bring the whole DOM into every file. */
declare module "xpath" {
  export interface XPathExpression {
    select(options: { readonly node: unknown; readonly allowAnyNamespaceForNoPrefix?: boolean }): unknown[];
  }
  export function parse(expression: string): XPathExpression;
}
