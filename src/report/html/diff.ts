/**
 * The page about two launches: side by side, with what makes them differ.
 *
 * @module
 */
import type { FirstCall, ShownCall } from "../../compare/first-call.ts";
import type { InputDifference } from "../../compare/inputs.ts";
import type { Stage } from "../../replay/stages.ts";
import type { DiffAnswer } from "../diff.ts";
import { details, firstCallMeaning, headline } from "../diff-text.ts";
import { PLAIN } from "../style.ts";
import { membersText } from "../text.ts";
import { type LaunchPage, mapFigure, proofMark, regionTable, rimBox } from "./launch.ts";
import {
  type Html,
  type HtmlPart,
  hash,
  html,
  longTable,
  NOTHING,
  section,
  table,
} from "./markup.ts";
import { type Differs, drawnBytes, mapRegions } from "./memory-map.ts";
import { type PageSection, page } from "./page.ts";
import { commandCell, stageTarget } from "./timeline.ts";

/** Two launches and what their comparison found. */
export interface DiffPage {
  readonly a: LaunchPage;
  readonly b: LaunchPage;
  readonly answer: DiffAnswer;
}

const SIGNS: Readonly<Record<InputDifference["change"], string>> = {
  added: "only in B",
  removed: "only in A",
  changed: "changed",
  moved: "moved",
};

function named(id: string, title: string, body: Html): PageSection {
  return { id, title, html: section(id, title, body) };
}

function cause({ path, change, a, b }: InputDifference): Html {
  return html`<div class="cause">
<p><strong>${path}</strong> (${SIGNS[change]})</p>
<p><span class="removed">A</span> <code class="hash">${a ?? "nothing"}</code></p>
<p><span class="added">B</span> <code class="hash">${b ?? "nothing"}</code></p>
</div>
`;
}

function causes({ inputs, causes: found, equal, a, b }: DiffAnswer): Html {
  if (a.rim === b.rim) {
    return equal
      ? html`<p>Both launches measure the same.</p>\n`
      : html`<p>The RIM is the same; a REM differs.</p>\n`;
  }
  const chosen = found?.inputs.flatMap((i) => inputs[i] ?? []) ?? [];
  if (chosen.length === 0) return html`<p>The comparison names no input that explains it.</p>\n`;
  const doubt = found?.smallest === false ? " A smaller set may do." : "";
  const words = chosen.length === 1 ? "This input explains" : "These inputs together explain";
  return html`<p>${words} the whole difference.${doubt}</p>
${chosen.map(cause)}`;
}

function others({ inputs, causes: found }: DiffAnswer): Html {
  const rest = inputs.filter((_, i) => found?.inputs.includes(i) !== true);
  if (rest.length === 0) return html`<p>No other input differs.</p>\n`;
  const rows = rest.map(({ path, change, a, b }): HtmlPart[] => [
    path,
    SIGNS[change],
    html`<code class="hash">${a ?? ""}</code>`,
    html`<code class="hash">${b ?? ""}</code>`,
  ]);
  return table("Inputs that differ and do not change the RIM", ["input", "how", "A", "B"], rows);
}

function callText(call: ShownCall | null): HtmlPart {
  if (call === null) return "nothing more";
  const { rpv: _rpv, ...shown } = call.args;
  const { content } = call;
  const what =
    content === null
      ? ""
      : ` (${content.label}, granule ${content.granule + 1} of ${content.granules})`;
  return html`call ${call.n}: <code>${call.command} ${membersText(shown, " ")}</code>${what}`;
}

function firstCall(first: FirstCall | null): Html {
  if (first === null) return html`<p>All RMI calls measure the same.</p>\n`;
  return html`<div class="cause">
<p><span class="removed">A</span> ${callText(first.a)}</p>
<p><span class="added">B</span> ${callText(first.b)}</p>
<p class="soft">That is: ${firstCallMeaning(first)}. Before it, both measure the same ${first.descriptors} times.</p>
</div>
`;
}

function effects({ effects: all }: DiffAnswer): Html {
  if (all === null || all.length === 0) return NOTHING;
  const items = all.map((effect) => {
    const more = details(effect, PLAIN).replaceAll(/^ {6}/gm, "");
    return html`<li>${headline(effect)}${more === "" ? "" : html`<pre>${more}</pre>`}</li>\n`;
  });
  return html`<h3>What is measured differently</h3>
<ul class="effects">
${items}</ul>
`;
}

type StagePair = readonly [a: Stage | undefined, b: Stage | undefined];

/** Stages of both, those that do the same to the same in one line. */
function aligned(a: readonly Stage[], b: readonly Stage[]): readonly StagePair[] {
  const key = ({ kind, label, base }: Stage): string => `${kind}|${label}|${base ?? ""}`;
  const rows: StagePair[] = [];
  let next = 0;
  for (const stage of a) {
    const found = b.findIndex((other, i) => i >= next && key(other) === key(stage));
    if (found < 0) {
      rows.push([stage, undefined]);
      continue;
    }
    for (const other of b.slice(next, found)) rows.push([undefined, other]);
    rows.push([stage, b[found]]);
    next = found + 1;
  }
  for (const other of b.slice(next)) rows.push([undefined, other]);
  return rows;
}

function sameContent(a: Stage, b: Stage): boolean {
  return a.top === b.top && a.measured === b.measured && a.chunks.join() === b.chunks.join();
}

function verdict(a: Stage | undefined, b: Stage | undefined): string {
  if (a === undefined) return "only in B";
  if (b === undefined) return "only in A";
  if (!sameContent(a, b)) return "differs";
  return a.rim === b.rim ? "same" : "same, after something else";
}

function side(stage: Stage | undefined): HtmlPart {
  if (stage === undefined) return "";
  const target = stageTarget(stage);
  return html`${target}${target === "" ? "" : html`<br/>`}<span class="soft">RIM</span> ${hash(stage.rim.slice(0, 16))}…`;
}

/** Which regions of one side the other does not have, or has with another content. */
function differingRegions(changed: readonly (Stage | undefined)[]): Differs {
  return ({ kind, base, top }) =>
    changed.some((stage) => {
      if (stage?.base === undefined || (stage.kind === "ripas") !== (kind === "ram")) return false;
      return stage.base >= base && stage.base < top;
    });
}

function calls(a: readonly Stage[], b: readonly Stage[]): Html {
  const rows = aligned(a, b);
  const cells = rows.map(([one, other]): HtmlPart[] => {
    const word = verdict(one, other);
    const kind = one?.kind ?? other?.kind ?? "realm";
    const command = one?.command ?? other?.command ?? "";
    return [
      commandCell(kind, command),
      word.startsWith("same") ? word : html`<strong class="different">${word}</strong>`,
      side(one),
      side(other),
    ];
  });
  return longTable("RMI calls of both, grouped", ["command", "measures", "A", "B"], cells);
}

function maps({ a, b }: DiffPage): Html {
  const bytes = Math.max(...[a, b].map(({ stages }) => drawnBytes(mapRegions(stages))));
  const changed = aligned(a.stages, b.stages).filter(
    ([one, other]) => !verdict(one, other).startsWith("same"),
  );
  const part = (letter: string, { name, stages }: LaunchPage, side: 0 | 1): Html => {
    const regions = mapRegions(stages);
    const differs = differingRegions(changed.map((pair) => pair[side]));
    return html`<div>
<h3>${letter}: ${name}</h3>
${mapFigure(regions, `map-${letter.toLowerCase()}`, bytes, differs)}${regionTable(regions, differs)}</div>
`;
  };
  return html`<p>Both maps have the same scale. What differs is framed and marked with ≠.</p>
<div class="columns">
${part("A", a, 0)}${part("B", b, 1)}</div>
`;
}

function shownValue(value: string): HtmlPart {
  return /^0*$/.test(value) ? "zero" : hash(value);
}

function values({ a, b }: DiffPage): Html {
  const noRem = [...a.report.rem, ...b.report.rem].every((value) => /^0*$/.test(value));
  const rem = noRem
    ? [["REM0\u20113", "", ""] as const]
    : a.report.rem.map((value, i) => [`REM${i}`, value, b.report.rem[i] ?? ""] as const);
  const rows = [["RIM", a.report.rim, b.report.rim] as const, ...rem].map(
    ([name, one, other]): HtmlPart[] => [
      name,
      one === other ? "same" : html`<strong class="different">differs</strong>`,
      shownValue(one),
      shownValue(other),
    ],
  );
  return table("Measured values", ["value", "both", "A", "B"], rows);
}

function models({ a, b }: DiffPage): Html {
  const rows = a.models.map(({ role, name, proof }, i): HtmlPart[] => {
    const other = b.models[i];
    const same = other?.name === name;
    return [
      role,
      same ? "same" : html`<strong class="different">differs</strong>`,
      html`${name} ${proofMark(proof)}`,
      other === undefined ? "" : html`${other.name} ${proofMark(other.proof)}`,
    ];
  });
  return table("Models and what proves them", ["model", "both", "A", "B"], rows);
}

/** Launches of one name are called by their files. */
function toldApart({ a, b, answer }: DiffPage): DiffPage {
  if (a.name !== b.name) return { a, b, answer };
  return { a: { ...a, name: a.file }, b: { ...b, name: b.file }, answer };
}

/** A page about two launches. */
export function diffHtml(pages: DiffPage): string {
  const both = toldApart(pages);
  const { a, b, answer } = both;
  const lead = html`<h1>${a.name} and ${b.name}</h1>
<p class="soft">A is <code>${a.file}</code>, B is <code>${b.file}</code>.</p>
<div class="columns">
${rimBox("RIM of A", a.report)}${rimBox("RIM of B", b.report)}</div>
`;
  return page(`${a.name} and ${b.name}: ${answer.equal ? "the same" : "different"}`, lead, [
    named("causes", "Why they differ", html`${causes(answer)}${others(answer)}`),
    named(
      "first",
      "First different RMI call",
      html`${firstCall(answer.firstCall)}${effects(answer)}`,
    ),
    named("values", "Measured values", values(both)),
    named("memory", "Guest memory", maps(both)),
    named("calls", "RMI calls", calls(a.stages, b.stages)),
    named("proof", "What proves the models", models(both)),
  ]);
}
