import { drawing } from "./dom";

/** A line of the six, counted from the bottom: msg:R, msg:A, msg:N, ack:R, ack:A, ack:N. */
export type Line = 1 | 2 | 3 | 4 | 5 | 6;

/** What has become of a line. `forged` is the sixth one that says "stored": broken, because it is not the recipient's. */
export type LineState = "waiting" | "passed" | "forged";

const LINES: readonly Line[] = [1, 2, 3, 4, 5, 6];

/** Units of the drawing: a line's length and height, and from one line to the next; a little more between the halves. */
const LENGTH = 24;
const THICK = 2.2;
const STEP = 4.6;
const BETWEEN_HALVES = 1.4;
const HEIGHT = 5 * STEP + THICK + BETWEEN_HALVES;

/**
 * A message's hexagram: the first line at the bottom, the sixth at the top, each faint until it has passed. Drawn in the colour of
 * the text around it, so that whoever places it colours it.
 */
export class Hexagram {
  readonly element: SVGSVGElement;
  readonly #lines = new Map<Line, SVGGElement>();

  /**
   * @param width In pixels; the height follows.
   * @param label For those who listen; without one the drawing is hidden from them, and words stand beside it.
   */
  constructor(width: number, label?: string) {
    const named = label === undefined ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
    const height = (width * HEIGHT) / LENGTH;
    this.element = drawing("svg", { class: "hexagram", viewBox: `0 0 ${LENGTH} ${HEIGHT}`, width, height, ...named });
    for (const line of LINES) {
      const y = HEIGHT - THICK - (line - 1) * STEP - (line > 3 ? BETWEEN_HALVES : 0);
      const bar = (x: number, width: number, kind: string): SVGRectElement =>
        drawing("rect", { x, y, width, height: THICK, rx: 0.5, class: kind });
      const half = LENGTH * 0.4;
      const group = drawing(
        "g",
        { "data-line": line, "data-state": "waiting" },
        bar(0, LENGTH, "whole"),
        bar(0, half, "half"),
        bar(LENGTH - half, half, "half"),
      );
      this.#lines.set(line, group);
      this.element.append(group);
    }
  }

  /** Draws one line anew. */
  set(line: Line, state: LineState): void {
    this.#lines.get(line)?.setAttribute("data-state", state);
  }

  /** Draws all of them anew: those that are named have passed. */
  show(passed: readonly Line[], forged = false): void {
    for (const line of LINES) this.set(line, passed.includes(line) ? "passed" : "waiting");
    if (forged) this.set(6, "forged");
  }
}

/** The page's sign: the 61st hexagram, 中孚, Inner Truth. Whole lines without, broken ones within. */
export function innerTruth(width: number): SVGSVGElement {
  const sign = new Hexagram(width);
  sign.show([1, 2, 5, 6]);
  sign.set(3, "forged");
  sign.set(4, "forged");
  return sign.element;
}
