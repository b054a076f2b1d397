/** XML as a tree: read, searched by XPath and written the way the original writes it. */
import { DOMParser, type Document, type Element, type Node } from "@xmldom/xmldom";
import { parse as parseXPath, type XPathExpression } from "xpath";
import { OttlError } from "./ottl-error.ts";

export type { Document, Element, Node };

export const NODE = {
  element: 1,
  attribute: 2,
  text: 3,
  cdata: 4,
  instruction: 7,
  comment: 8,
  document: 9,
  doctype: 10,
} as const;

/** How deep elements may stand in each other. */
export const MAX_XML_DEPTH = 1_000;

/** Throws where the text is not well-formed. */
export function parseXml(text: string): Document {
  try {
    return new DOMParser({ onError }).parseFromString(text, "text/xml");
  } catch (error) {
    throw new OttlError(`parse xml: ${(error as Error).message.split("\n")[0]}`, { cause: error });
  }
}

/** Some that are no document: several elements, or text beside them. */
export function parseXmlParts(text: string): Node[] {
  return [...parseXml(`<parts>${text.replace(/^\s*<\?xml[^>]*\?>/, "")}</parts>`).documentElement!.childNodes];
}

function onError(level: "warning" | "error" | "fatalError", message: string): void {
  if (level !== "warning") throw new Error(message);
}

/** Throws where it is no XPath. */
export function compileXPath(source: string): XPathExpression {
  try {
    return parseXPath(source);
  } catch (error) {
    throw new OttlError(`invalid xpath: ${(error as Error).message}`, { cause: error });
  }
}

/** Throws where the expression gives a number, a text or a truth value, or can't be worked out. */
export function selectNodes(xPath: XPathExpression, document: Document): Node[] {
  try {
    return xPath.select({ node: document, allowAnyNamespaceForNoPrefix: true }) as Node[];
  } catch (error) {
    throw new OttlError(`xpath selects no nodes: ${(error as Error).message}`, { cause: error });
  }
}

/** The node as text, or what is in it where it is a document. White space around text is left out. */
export function xmlText(node: Node, depth = 0): string {
  if (depth > MAX_XML_DEPTH) throw new OttlError(`exceeded maximum XML nesting depth of ${MAX_XML_DEPTH}`);
  switch (node.nodeType) {
    case NODE.element: {
      const { tagName, attributes } = node as Element;
      const written = [...attributes].map(({ name, value }) => ` ${name}="${escapeXml(value)}"`).join("");
      return `<${tagName}${written}>${innerXml(node, depth)}</${tagName}>`;
    }
    case NODE.text:
      return escapeXml(node.nodeValue?.trim() ?? "");
    case NODE.cdata:
      return `<![CDATA[${node.nodeValue}]]>`;
    case NODE.comment:
      return `<!--${node.nodeValue}-->`;
    case NODE.instruction:
      return `<?${node.nodeName}${node.nodeValue === "" ? "" : ` ${node.nodeValue}`}?>`;
    case NODE.document:
      return innerXml(node, depth);
    default:
      return "";
  }
}

function innerXml(node: Node, depth: number): string {
  return [...node.childNodes].map((child) => xmlText(child, depth + 1)).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&#39;",
  '"': "&#34;",
};

export function escapeXml(text: string): string {
  return text.replaceAll(/[<>&'"]/g, (character) => ENTITIES[character]!);
}
