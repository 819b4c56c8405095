/** What can be put into an element. Texts become text nodes: nothing that somebody writes is ever read as markup. */
export type Content = Node | string | false | undefined;

type Properties<K extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[K], "style" | "dataset" | "children" | "attributes">
>;

/** An element with properties, attributes (`aria-…`, `data-…`, `role`) and content. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<K> & { readonly attributes?: Readonly<Record<string, string>> } = {},
  ...content: Content[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  const { attributes = {}, ...own } = properties;
  Object.assign(made, own);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content.filter((part) => part !== false && part !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for drawings. */
export function drawing<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
  ...content: SVGElement[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...content);
  return made;
}

/** A drawing of strokes, 20 by 20, for a button that has its words in a label. */
export function icon(path: string): SVGSVGElement {
  const stroke = {
    d: path,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 1.6,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  };
  return drawing("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, drawing("path", stroke));
}
