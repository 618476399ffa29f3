/**
 * The RMI calls of a launch in order, neighbours that do the same in one line, with the RIM after
 * each.
 *
 * @module
 */
import type { Stage, StageKind } from "../../replay/stages.ts";
import { sizeText } from "../text.ts";
import { type Html, type HtmlPart, hash, html, longTable } from "./markup.ts";
import { hexAddress } from "./memory-map.ts";

const STAGE_NAMES: Readonly<Record<StageKind, string>> = {
  realm: "Realm is created",
  ripas: "RAM is declared",
  data: "content is loaded",
  memory: "memory is added, its content not measured",
  rec: "vCPUs (RECs) are created",
  activate: "Realm is activated",
};

/** What a stage works on. */
export function stageTarget({ label, base, top }: Stage): string {
  if (base === undefined || top === undefined) return label;
  const name = label === "" ? "" : `${label}, `;
  return `${name}${hexAddress(base)} .. ${hexAddress(top)} (${sizeText(top - base)})`;
}

function calls({ firstCall, lastCall }: Stage): string {
  return firstCall === lastCall ? String(firstCall) : `${firstCall} to ${lastCall}`;
}

/** A command with the colour of what it does. */
export function commandCell(kind: StageKind, command: string): Html {
  return html`<span class="command"><span class="kind kind-${kind}" aria-hidden="true"></span><code>${command}</code></span>`;
}

/** The cells of one line. */
function stageCells(stage: Stage): readonly HtmlPart[] {
  const { kind, command, measured, rim } = stage;
  return [
    html`<span class="calls">${calls(stage)}</span>`,
    commandCell(kind, command),
    stageTarget(stage),
    measured === 0 ? "none" : String(measured),
    rim === "" ? "none yet" : hash(rim),
  ];
}

const STAGE_HEAD: readonly string[] = ["calls", "command", "on", "measurements", "RIM after it"];

/** A part of the strip. */
interface Part {
  readonly kind: StageKind;
  /** Of its largest stage. */
  readonly label: string;
  /** Of all calls, 0 .. 1. */
  readonly share: number;
  /** Share of its largest stage. */
  readonly largest: number;
}

/** Parts below this share of the calls are drawn together with neighbours of their kind. */
const SMALL = 0.01;
/** More parts than this are drawn without a least width, so that they all fit. */
const MANY_PARTS = 40;
/** Parts of this share have room for their label. */
const LABELLED = 0.08;

function partsOf(stages: readonly Stage[]): readonly Part[] {
  const total = stages.at(-1)?.lastCall ?? 1;
  const parts: Part[] = [];
  for (const { kind, label, firstCall, lastCall } of stages) {
    const share = (lastCall - firstCall + 1) / total;
    const last = parts.at(-1);
    if (last?.kind === kind && Math.min(last.share, share) < SMALL) {
      const larger = last.largest < share ? { label, largest: share } : last;
      parts[parts.length - 1] = { ...larger, kind, share: last.share + share };
    } else parts.push({ kind, label, share, largest: share });
  }
  return parts;
}

/** A strip as wide as all calls; each stage takes the part that its calls take. */
function strip(stages: readonly Stage[]): Html {
  const parts = partsOf(stages);
  const spans = parts.map(({ kind, label, share, largest }) => {
    const text = share < LABELLED || largest < share / 2 ? "" : label;
    return html`<span class="kind-${kind}" style="flex-grow:${Number((1000 * share).toFixed(3))}">${text}</span>`;
  });
  const text = stages
    .map((stage) => `calls ${calls(stage)}: ${STAGE_NAMES[stage.kind]}`)
    .slice(0, 40)
    .join("; ");
  const many = parts.length > MANY_PARTS ? " many" : "";
  return html`<div class="strip${many}" role="img" aria-label="${text}">${spans}</div>
`;
}

function legend(stages: readonly Stage[]): Html {
  const kinds = [...new Set(stages.map(({ kind }) => kind))];
  return html`<ul class="legend">${kinds.map((kind) => html`<li><span class="kind kind-${kind}" aria-hidden="true"></span>${STAGE_NAMES[kind]}</li>`)}</ul>
`;
}

/** The timeline. */
export function timeline(stages: readonly Stage[]): Html {
  return html`${strip(stages)}${legend(stages)}<p>A line stands for all calls up to its last one, and shows the RIM after that; <code>cca-rim trace</code> prints it after each.</p>
${longTable("RMI calls in order, grouped", STAGE_HEAD, stages.map(stageCells))}`;
}
