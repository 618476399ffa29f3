/**
 * The IPA map of a launch, drawn to scale: RAM, what is loaded into it, what of that is measured.
 *
 * @module
 */
import type { Stage } from "../../replay/stages.ts";
import { sizeText } from "../text.ts";
import { type Html, html, NOTHING } from "./markup.ts";

/** A range of guest memory. */
export interface MapRegion {
  readonly label: string;
  /** `unmeasured`: the range is measured, its content is not. */
  readonly kind: "ram" | "measured" | "unmeasured";
  readonly base: number;
  readonly top: number;
}

function regionOf({ kind, label, base, top, chunks }: Stage): MapRegion | undefined {
  if (base === undefined || top === undefined) return undefined;
  if (kind === "ripas") return { label: "RAM", kind: "ram", base, top };
  if (kind !== "data" && kind !== "memory") return undefined;
  const measured = kind === "data" && chunks.length > 0;
  return { label: label || "data", kind: measured ? "measured" : "unmeasured", base, top };
}

function joined(regions: readonly MapRegion[]): readonly MapRegion[] {
  const result: MapRegion[] = [];
  for (const region of regions.toSorted((a, b) => a.base - b.base || b.top - a.top)) {
    const last = result.at(-1);
    const touches = last !== undefined && last.top >= region.base;
    if (last !== undefined && touches && last.label === region.label && last.kind === region.kind) {
      result[result.length - 1] = { ...last, top: Math.max(last.top, region.top) };
    } else result.push(region);
  }
  return result;
}

/** The regions of a launch: RAM first, then what is loaded, each by address. */
export function mapRegions(stages: readonly Stage[]): readonly MapRegion[] {
  const all = stages.flatMap((stage) => regionOf(stage) ?? []);
  const ram = all.filter(({ kind }) => kind === "ram");
  return [...joined(ram), ...joined(all.filter(({ kind }) => kind !== "ram"))];
}

/** Whether a region is another one in the launch beside this one. */
export type Differs = (region: MapRegion) => boolean;

/** There is no launch beside this one. */
export const ALONE: Differs = () => false;

/** A stretch of addresses that is drawn in one piece. */
interface Piece {
  readonly base: number;
  readonly top: number;
  /** Where it starts in the drawing. */
  readonly y: number;
}

const WIDTH = 472;
const BAR = { x: 112, width: 80 };
const HEIGHT = 540;
const GAP = 30;
const TOP = 14;
const LABEL_X = 222;
const LABEL_HEIGHT = 38;
/** More labels than this would not be read; the table has them all. */
const MAX_LABELS = 14;
/** Characters that a label has room for. */
const LABEL_LENGTH = 23;
/** A gap of more than this part of all that is drawn is cut out. */
const CUT = 1 / 8;

function stretches(regions: readonly MapRegion[]): readonly (readonly [number, number])[] {
  const result: [number, number][] = [];
  for (const { base, top } of regions.toSorted((a, b) => a.base - b.base)) {
    const last = result.at(-1);
    if (last !== undefined && base <= last[1]) last[1] = Math.max(last[1], top);
    else result.push([base, top]);
  }
  const total = result.reduce((sum, [base, top]) => sum + top - base, 0);
  const drawn: [number, number][] = [];
  for (const [base, top] of result) {
    const last = drawn.at(-1);
    if (last !== undefined && base - last[1] <= total * CUT) last[1] = top;
    else drawn.push([base, top]);
  }
  return drawn;
}

/** Addresses to heights: one scale for the whole drawing. */
class Scale {
  readonly pieces: readonly Piece[];
  readonly #perByte: number;

  /** @param bytes that are as high as the drawing. */
  constructor(regions: readonly MapRegion[], height: number, bytes: number) {
    const parts = stretches(regions);
    this.#perByte = bytes === 0 ? 0 : height / bytes;
    let y = TOP;
    this.pieces = parts.map(([base, top]) => {
      const piece = { base, top, y };
      y += (top - base) * this.#perByte + GAP;
      return piece;
    });
  }

  get bottom(): number {
    const last = this.pieces.at(-1);
    return last === undefined ? TOP : last.y + this.length(last);
  }

  length({ base, top }: { readonly base: number; readonly top: number }): number {
    return (top - base) * this.#perByte;
  }

  at(address: number): number {
    const piece = this.pieces.findLast(({ base }) => base <= address) ?? this.pieces[0];
    return piece === undefined ? TOP : piece.y + (address - piece.base) * this.#perByte;
  }
}

function round(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** An address as the drawing and its table write it. */
export function hexAddress(value: number): string {
  return `0x${value.toString(16)}`;
}

function box(region: MapRegion, scale: Scale, id: string): Html {
  const y = scale.at(region.base);
  const height = Math.max(1.5, scale.length(region));
  const fill = { ram: "fill-ram", measured: "fill-data", unmeasured: "fill-hatch" }[region.kind];
  const inset = region.kind === "ram" ? 0 : 6;
  const paint =
    region.kind === "unmeasured" ? html` fill="url(#${id}-hatch)"` : html` class="${fill}"`;
  return html`<rect x="${BAR.x + inset}" y="${round(y)}" width="${BAR.width - 2 * inset}" height="${round(height)}"${paint}/>\n`;
}

/** Where labels stand: near their region, one below the other, all within the drawing. */
function labelPlaces(wanted: readonly number[], bottom: number): readonly number[] {
  const places: number[] = [];
  for (const y of wanted) places.push(Math.max(y, (places.at(-1) ?? -LABEL_HEIGHT) + LABEL_HEIGHT));
  for (let i = places.length - 1, limit = bottom; i >= 0; i -= 1, limit -= LABEL_HEIGHT) {
    places[i] = Math.min(places[i] ?? limit, limit);
  }
  return places;
}

function middleOf(region: MapRegion, scale: Scale): number {
  return scale.at(region.base) + scale.length(region) / 2;
}

/** A frame around what differs. */
function frame(region: MapRegion, scale: Scale): Html {
  const inset = region.kind === "ram" ? 1 : 6;
  const height = Math.max(3, scale.length(region) - 1);
  return html`<rect class="differs" x="${BAR.x + inset}" y="${round(scale.at(region.base))}" width="${BAR.width - 2 * inset}" height="${round(height)}"/>\n`;
}

/** RAM is named on the other side, where its addresses are, if there is room between them. */
function ramLabel(region: MapRegion, scale: Scale, differs: Differs): Html {
  if (scale.length(region) < 2.5 * LABEL_HEIGHT) return NOTHING;
  const y = middleOf(region, scale);
  return html`<text text-anchor="end" x="${BAR.x - 8}" y="${round(y)}">${region.label}</text>
<text class="small" text-anchor="end" x="${BAR.x - 8}" y="${round(y + 15)}">${sizeText(region.top - region.base)}</text>
${differs(region) ? html`<text class="mark" text-anchor="end" x="${BAR.x - 8}" y="${round(y + 32)}">≠ differs</text>\n` : ""}`;
}

/** The name, shortened in its middle if it is too long for the words that follow. */
function fitted(name: string, words: string): string {
  const letters = Array.from(name);
  const room = Math.max(8, LABEL_LENGTH - words.length);
  if (letters.length <= room) return name;
  const half = Math.floor((room - 1) / 2);
  return `${letters.slice(0, room - 1 - half).join("")}…${letters.slice(-half).join("")}`;
}

/** The regions that the drawing names: the largest, by address. */
function named(regions: readonly MapRegion[]): readonly MapRegion[] {
  const size = ({ base, top }: MapRegion): number => top - base;
  const largest = regions.toSorted((a, b) => size(b) - size(a)).slice(0, MAX_LABELS);
  return largest.toSorted((a, b) => a.base + a.top - b.base - b.top);
}

/** How many regions besides RAM the drawing does not name. */
export function unnamedRegions(regions: readonly MapRegion[]): number {
  return Math.max(0, regions.filter(({ kind }) => kind !== "ram").length - MAX_LABELS);
}

function label(region: MapRegion, y: number, scale: Scale, differs: Differs): Html {
  const middle = middleOf(region, scale);
  const right = BAR.x + BAR.width;
  const what =
    region.kind === "unmeasured" ? " unmeasured" : ` ${sizeText(region.top - region.base)}`;
  const mark = differs(region) ? "≠ " : "";
  const name = fitted(region.label, mark + what);
  return html`<path class="lead" d="M${right - 6} ${round(middle)} L${right + 8} ${round(middle)} L${LABEL_X - 12} ${round(y)} L${LABEL_X - 5} ${round(y)}"/>
<text x="${LABEL_X}" y="${round(y)}">${mark === "" ? "" : html`<tspan class="mark">${mark}</tspan>`}${name}${what}</text>
<text class="small" x="${LABEL_X}" y="${round(y + 15)}">${hexAddress(region.base)} .. ${hexAddress(region.top)}</text>
`;
}

/** Lower pieces have room for one address. */
const TWO_ADDRESSES = 16;

function axis(scale: Scale): Html {
  return html`${scale.pieces.map((piece, i) => {
    const { base, top, y } = piece;
    const height = scale.length(piece);
    const places = [[base, y], ...(height < TWO_ADDRESSES ? [] : [[top, y + height]])] as const;
    const middle = BAR.x + BAR.width / 2;
    const gap = html`<path class="gap" d="M${middle} ${round(y - GAP + 3)} V${round(y - 3)}"/>\n`;
    return html`${places.map(
      ([address, at]) =>
        html`<text class="small" text-anchor="end" x="${BAR.x - 6}" y="${round(at + 4)}">${hexAddress(address)}</text>\n`,
    )}${i === 0 ? NOTHING : gap}`;
  })}`;
}

function hatch(id: string): Html {
  return html`<defs><pattern id="${id}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0 V8"/></pattern></defs>
`;
}

function sentence(regions: readonly MapRegion[], differs: Differs): string {
  return regions
    .map((region) => {
      const { label: name, base, top } = region;
      const mark = differs(region) ? ", differs" : "";
      return `${name} from ${hexAddress(base)} to ${hexAddress(top)}${mark}`;
    })
    .join("; ");
}

/** Bytes that a drawing of the regions shows: two drawings of as many have the same scale. */
export function drawnBytes(regions: readonly MapRegion[]): number {
  return stretches(regions).reduce((sum, [base, top]) => sum + top - base, 0);
}

/**
 * Draws the map.
 *
 * @param id tells the drawings of a page apart.
 * @param bytes that the drawing has room for, at least {@link drawnBytes}.
 * @param differs marks what is another one in the launch beside this one.
 */
export function memoryMap(
  regions: readonly MapRegion[],
  id: string,
  bytes: number,
  differs: Differs = ALONE,
): Html {
  const loaded = regions.filter(({ kind }) => kind !== "ram");
  const ram = regions.filter(({ kind }) => kind === "ram");
  const sorted = named(loaded);
  const scale = new Scale(regions, Math.max(HEIGHT, sorted.length * LABEL_HEIGHT), bytes);
  const wanted = sorted.map((region) => middleOf(region, scale));
  const places = labelPlaces(wanted, Math.max(scale.bottom, sorted.length * LABEL_HEIGHT) - 10);
  const height = Math.max(scale.bottom, (places.at(-1) ?? 0) + 20) + TOP;
  return html`<svg class="map" viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-labelledby="${id}-title ${id}-text" xmlns="http://www.w3.org/2000/svg">
<title id="${id}-title">Guest memory, drawn to scale</title>
<desc id="${id}-text">${sentence([...ram, ...sorted], differs)}</desc>
${hatch(id)}${ram.map((region) => box(region, scale, id))}${loaded.map((region) => box(region, scale, id))}${regions.filter(differs).map((region) => frame(region, scale))}${axis(scale)}${ram.map((region) => ramLabel(region, scale, differs))}${sorted.map((region, i) => label(region, places[i] ?? 0, scale, differs))}</svg>
`;
}
