/** Converters of XML, which select by XPath. */
import type { Value } from "@clew/otlp";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { OttlError } from "../ottl-error.ts";
import { optional, string, text } from "../parameters.ts";
import {
  compileXPath,
  escapeXml,
  MAX_XML_DEPTH,
  NODE,
  parseXml,
  parseXmlParts,
  selectNodes,
  xmlText,
  type Element,
  type Node,
} from "../xml-document.ts";

const getXml = define("GetXML", { target: string, xPath: text }, (args) => {
  const xPath = compileXPath(args.xPath);
  return (context) => {
    const source = args.target(context);
    if (source === "") return "";
    return selectNodes(xPath, parseXml(source)).map(selected).join("");
  };
});

function selected(node: Node): string {
  if (node.nodeType === NODE.element || node.nodeType === NODE.text) return xmlText(node);
  const isValue = node.nodeType === NODE.attribute || node.nodeType === NODE.cdata;
  return isValue ? escapeXml((node.nodeValue ?? "").trim()) : "";
}

const insertXml = define("InsertXML", { target: string, xPath: text, subDocument: string }, (args) => {
  const xPath = compileXPath(args.xPath);
  return (context) => {
    const source = args.target(context);
    const parts = parseXmlParts(args.subDocument(context));
    const added = parts.map((part) => xmlText(part)).join("");
    if (source === "") return args.xPath === "/" ? added : "";
    const document = parseXml(source);
    let atEnd = "";
    for (const node of selectNodes(xPath, document)) {
      if (node.nodeType === NODE.document) atEnd += added;
      else if (node.nodeType === NODE.element) appendAll(node, parts);
      else throw new OttlError(`InsertXML XPath selected non-element: ${JSON.stringify(node.nodeName)}`);
    }
    return xmlText(document) + atEnd;
  };
});

function appendAll(node: Node, parts: readonly Node[]): void {
  for (const part of parts) node.appendChild(node.ownerDocument!.importNode(part, true));
}

const removeXml = define("RemoveXML", { target: string, xPath: text }, (args) => {
  const xPath = compileXPath(args.xPath);
  return (context) => {
    const source = args.target(context);
    if (source === "") return "";
    const document = parseXml(source);
    for (const node of selectNodes(xPath, document)) remove(node);
    return xmlText(document);
  };
});

function remove(node: Node): void {
  if (node.nodeType === NODE.attribute) {
    const { ownerElement, name } = node as unknown as { ownerElement: Element; name: string };
    ownerElement.removeAttribute(name);
  } else {
    node.parentNode?.removeChild(node);
  }
}

const convertAttributes = define(
  "ConvertAttributesToElementsXML",
  { target: string, xPath: optional(text) },
  (args) => {
    const xPath = compileXPath(args.xPath ?? "//@*");
    return (context) => {
      const document = parseXml(args.target(context));
      for (const node of selectNodes(xPath, document)) {
        if (node.nodeType !== NODE.attribute) continue;
        const { ownerElement, name, value } = node as unknown as { ownerElement: Element; name: string; value: string };
        const element = document.createElement(name);
        element.appendChild(document.createTextNode(value));
        ownerElement.appendChild(element);
        ownerElement.removeAttribute(name);
      }
      return xmlText(document);
    };
  },
);

const convertText = define(
  "ConvertTextToElementsXML",
  { target: string, xPath: optional(text), elementName: optional(text) },
  (args) => {
    const xPath = compileXPath(args.xPath ?? "/");
    return (context) => {
      const document = parseXml(args.target(context));
      for (const node of selectNodes(xPath, document)) wrapTexts(node, args.elementName ?? "value", 0);
      return xmlText(document);
    };
  },
);

/** Text beside other text or elements becomes an element. */
function wrapTexts(parent: Node, name: string, depth: number): void {
  checkDepth(depth);
  if (parent.nodeType !== NODE.element && parent.nodeType !== NODE.document) return;
  const children = [...parent.childNodes];
  const elements = children.filter(({ nodeType }) => nodeType === NODE.element);
  for (const element of elements) wrapTexts(element, name, depth + 1);
  const texts = children.filter(({ nodeType }) => nodeType === NODE.text);
  if (texts.length === 0 || elements.length + texts.length <= 1) return;
  for (const one of texts) {
    const element = parent.ownerDocument!.createElement(name);
    parent.replaceChild(element, one);
    element.appendChild(one);
  }
}

function checkDepth(depth: number): void {
  if (depth > MAX_XML_DEPTH) throw new OttlError(`exceeded maximum XML nesting depth of ${MAX_XML_DEPTH}`);
}

const parseXmlFunction = define("ParseXML", { target: string }, (args) => (context) => {
  const source = args.target(context);
  if (/\s$/.test(source)) throw new OttlError("trailing bytes after parsing xml");
  return elementMap(parseXml(source).documentElement!, 0);
});

function elementMap(element: Element, depth: number): Value {
  checkDepth(depth);
  const children = [...element.childNodes];
  const isText = ({ nodeType }: Node): boolean => nodeType === NODE.text || nodeType === NODE.cdata;
  const content = children
    .filter(isText)
    .map(({ nodeValue }) => (nodeValue ?? "").trim())
    .join("");
  const attributes = [...element.attributes].map(({ localName, value }) => [localName ?? "", value] as const);
  const inner = children.filter(({ nodeType }) => nodeType === NODE.element) as Element[];
  const map = new Map<string, Value>([["tag", element.localName ?? element.tagName]]);
  if (content !== "") map.set("content", content);
  if (attributes.length > 0) map.set("attributes", new Map(attributes));
  if (inner.length > 0)
    map.set(
      "children",
      inner.map((child) => elementMap(child, depth + 1)),
    );
  return map;
}

const parseSimplified = define(
  "ParseSimplifiedXML",
  { target: string },
  (args) => (context) => simplified(parseXml(args.target(context)), 0),
);

/** Elements by their names: a text, a map, or a list of these where several have the same. */
function simplified(parent: Node, depth: number): Map<string, Value> {
  checkDepth(depth);
  const elements = [...parent.childNodes].filter(({ nodeType }) => nodeType === NODE.element) as Element[];
  const result = new Map<string, Value>();
  for (const element of elements) {
    if (element.firstChild === null) continue;
    const name = element.localName ?? element.tagName;
    const leaf = leafText(element);
    const value = leaf === "" ? simplified(element, depth + 1) : leaf;
    const isMany = elements.filter((one) => one.localName === element.localName).length > 1;
    if (isMany && !result.has(name)) result.set(name, []);
    if (value instanceof Map && value.size === 0) continue;
    result.set(name, isMany ? [...(result.get(name) as Value[]), value] : value);
  }
  return result;
}

/** The first text of an element that has no elements in it. */
function leafText(element: Element): string {
  const children = [...element.childNodes];
  if (children.some(({ nodeType }) => nodeType === NODE.element)) return "";
  const leaf = children.find(({ nodeType }) => nodeType === NODE.text || nodeType === NODE.cdata);
  return leaf?.nodeValue ?? "";
}

export const XML_CONVERTERS: readonly FunctionDefinition[] = [
  convertAttributes,
  convertText,
  getXml,
  insertXml,
  parseSimplified,
  parseXmlFunction,
  removeXml,
];
