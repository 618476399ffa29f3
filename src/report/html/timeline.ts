/**
 * The RMI calls of a launch in order, neighbours that do the same in one line, with the RIM after
 * each.
 *
 * @module
 */
import type { Stage, StageKind } from "../../replay/stages.ts";
import { sizeText } from "../text.ts";
import { type Html, type HtmlPart, hash, html, table } from "./markup.ts";
import { hexAddress } from "./memory-map.ts";

/** More lines than this are not read on a page; `trace` has them all. */
const MAX_LINES = 300;

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

/** A strip as wide as all calls; each stage takes the part that its calls take. */
function strip(stages: readonly Stage[]): Html {
  const total = stages.at(-1)?.lastCall ?? 1;
  const parts = stages.map(({ kind, firstCall, lastCall }) => {
    const x = Number((((firstCall - 1) / total) * 1000).toFixed(2));
    const width = Number(Math.max(1, ((lastCall - firstCall + 1) / total) * 1000).toFixed(2));
    return html`<rect class="fill-${kind}" x="${x}" y="0" width="${width}" height="28"/>`;
  });
  const text = stages
    .map((stage) => `calls ${calls(stage)}: ${STAGE_NAMES[stage.kind]}`)
    .slice(0, 40)
    .join("; ");
  return html`<svg class="strip" viewBox="0 0 1000 28" preserveAspectRatio="none" role="img" aria-label="${text}" xmlns="http://www.w3.org/2000/svg">${parts}</svg>
`;
}

function legend(stages: readonly Stage[]): Html {
  const kinds = [...new Set(stages.map(({ kind }) => kind))];
  return html`<ul class="legend">${kinds.map((kind) => html`<li><span class="kind kind-${kind}" aria-hidden="true"></span>${STAGE_NAMES[kind]}</li>`)}</ul>
`;
}

/** The timeline. */
export function timeline(stages: readonly Stage[]): Html {
  const shown = stages.slice(0, MAX_LINES);
  const more = stages.length - shown.length;
  return html`${strip(shown)}${legend(stages)}${table("RMI calls in order, grouped", STAGE_HEAD, shown.map(stageCells))}${
    more === 0
      ? ""
      : html`<p>${more} more groups; <code>cca-rim trace</code> shows every call.</p>\n`
  }`;
}
