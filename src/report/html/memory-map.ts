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

/** A stretch of addresses that is drawn in one piece. */
interface Piece {
  readonly base: number;
  readonly top: number;
  /** Where it starts in the drawing. */
  readonly y: number;
}

const WIDTH = 460;
const BAR = { x: 112, width: 80 };
const HEIGHT = 520;
const GAP = 30;
const TOP = 14;
const LABEL_X = 222;
const LABEL_HEIGHT = 38;
/** More labels than this would not be read; the table has them all. */
const MAX_LABELS = 24;
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

/** RAM is named on the other side, where its addresses are, if there is room between them. */
function ramLabel(region: MapRegion, scale: Scale): Html {
  if (scale.length(region) < 2.5 * LABEL_HEIGHT) return NOTHING;
  const y = middleOf(region, scale);
  return html`<text text-anchor="end" x="${BAR.x - 8}" y="${round(y)}">${region.label}</text>
<text class="small" text-anchor="end" x="${BAR.x - 8}" y="${round(y + 15)}">${sizeText(region.top - region.base)}</text>
`;
}

function label(region: MapRegion, y: number, scale: Scale): Html {
  const middle = middleOf(region, scale);
  const right = BAR.x + BAR.width;
  const what = region.kind === "unmeasured" ? ", not measured" : "";
  return html`<path class="lead" d="M${right - 6} ${round(middle)} L${right + 8} ${round(middle)} L${LABEL_X - 12} ${round(y)} L${LABEL_X - 5} ${round(y)}"/>
<text x="${LABEL_X}" y="${round(y)}">${region.label} ${sizeText(region.top - region.base)}${what}</text>
<text class="small" x="${LABEL_X}" y="${round(y + 15)}">${hexAddress(region.base)} .. ${hexAddress(region.top)}</text>
`;
}

function axis(scale: Scale): Html {
  return html`${scale.pieces.map(
    (
      piece,
      i,
    ) => html`<text class="small" text-anchor="end" x="${BAR.x - 6}" y="${round(piece.y + 4)}">${hexAddress(piece.base)}</text>
<text class="small" text-anchor="end" x="${BAR.x - 6}" y="${round(piece.y + scale.length(piece) + 4)}">${hexAddress(piece.top)}</text>
${i === 0 ? "" : html`<path class="gap" d="M${BAR.x + BAR.width / 2} ${round(piece.y - GAP + 3)} V${round(piece.y - 3)}"/>\n`}`,
  )}`;
}

function hatch(id: string): Html {
  return html`<defs><pattern id="${id}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0 V8"/></pattern></defs>
`;
}

function sentence(regions: readonly MapRegion[]): string {
  return regions
    .map(({ label: name, base, top }) => `${name} from ${hexAddress(base)} to ${hexAddress(top)}`)
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
 */
export function memoryMap(regions: readonly MapRegion[], id: string, bytes: number): Html {
  const loaded = regions.filter(({ kind }) => kind !== "ram");
  const ram = regions.filter(({ kind }) => kind === "ram");
  const labelled = loaded.slice(0, MAX_LABELS);
  const scale = new Scale(regions, Math.max(HEIGHT, labelled.length * LABEL_HEIGHT), bytes);
  const sorted = labelled.toSorted((a, b) => a.base + a.top - b.base - b.top);
  const wanted = sorted.map((region) => middleOf(region, scale));
  const places = labelPlaces(wanted, Math.max(scale.bottom, labelled.length * LABEL_HEIGHT) - 10);
  const height = Math.max(scale.bottom, (places.at(-1) ?? 0) + 20) + TOP;
  return html`<svg class="map" viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-labelledby="${id}-title ${id}-text" xmlns="http://www.w3.org/2000/svg">
<title id="${id}-title">Guest memory, drawn to scale</title>
<desc id="${id}-text">${sentence([...ram, ...labelled])}</desc>
${hatch(id)}${ram.map((region) => box(region, scale, id))}${loaded.map((region) => box(region, scale, id))}${axis(scale)}${ram.map((region) => ramLabel(region, scale))}${sorted.map((region, i) => label(region, places[i] ?? 0, scale))}</svg>
`;
}
