/**
 * The page about one launch.
 *
 * @module
 */
import type { ModelInfo, ProofClass } from "../../host/models.ts";
import type { Assumption, InputFile } from "../../manifest/plan.ts";
import type { Stage } from "../../replay/stages.ts";
import type { MeasurementReport } from "../measurement.ts";
import { membersText, sizeText } from "../text.ts";
import { type Html, type HtmlPart, hash, html, longTable, section, table } from "./markup.ts";
import {
  ALONE,
  type Differs,
  drawnBytes,
  hexAddress,
  type MapRegion,
  mapRegions,
  memoryMap,
  unnamedRegions,
} from "./memory-map.ts";
import { type PageSection, page } from "./page.ts";
import { timeline } from "./timeline.ts";

/** A model with what proves it. */
export interface PageModel {
  readonly role: string;
  readonly name: string;
  readonly proof: ProofClass;
  readonly title: string;
  readonly evidence: string;
  /** What the class means. */
  readonly meaning: string;
}

/** Everything that a page shows of a launch. */
export interface LaunchPage {
  /** What people call it: its name, else its file. */
  readonly name: string;
  /** As it was named. */
  readonly file: string;
  /** In hex. */
  readonly report: MeasurementReport;
  readonly models: readonly PageModel[];
  readonly stages: readonly Stage[];
}

/** The entries of models by the names in a report. */
export function pageModels(
  { rmm, host, proof }: MeasurementReport,
  infoOf: (name: string) => ModelInfo | undefined,
  meanings: Readonly<Record<ProofClass, string>>,
): readonly PageModel[] {
  const rows = [
    ["RMM", rmm, proof.rmm],
    ["VMM", host.vmm, proof.vmm],
    ["hypervisor", host.hypervisor, proof.hypervisor],
  ] as const;
  return rows.map(([role, name, proofClass]) => {
    const { title = name, evidence = "nothing is written down" } = infoOf(name) ?? {};
    return { role, name, proof: proofClass, title, evidence, meaning: meanings[proofClass] };
  });
}

/** The value that everything is about. */
export function rimBox(name: string, { rim, hashAlgo }: MeasurementReport): Html {
  return html`<div class="rim"><strong>${name} (${hashAlgo})</strong>${hash(rim)}</div>
`;
}

function isZero(value: string): boolean {
  return /^0*$/.test(value);
}

function values({ rim, rem, rpv, hashAlgo, calls, measuredCalls }: MeasurementReport): Html {
  const rows: HtmlPart[][] = [
    ["RIM", hash(rim)],
    ...(rem.every(isZero)
      ? [["REM0\u20113", "zero: nothing is extended"]]
      : rem.map((value, i): HtmlPart[] => [
          `REM${i}`,
          isZero(value) ? "zero: nothing is extended" : hash(value),
        ])),
    ["Realm Personalization Value", isZero(rpv) ? "zero" : hash(rpv)],
    ["hash", hashAlgo],
    ["RMI calls", `${calls}, of which ${measuredCalls} changed the RIM`],
  ];
  return table("What the Realm will report", ["value", "is"], rows);
}

const REGION_KINDS: Readonly<Record<MapRegion["kind"], string>> = {
  ram: "RAM",
  measured: "content measured",
  unmeasured: "content not measured",
};

/** The regions as a table, for those who do not see the drawing. */
export function regionTable(regions: readonly MapRegion[], differs: Differs = ALONE): Html {
  const rows = regions.map((region): HtmlPart[] => {
    const { label, kind, base, top } = region;
    const name = REGION_KINDS[kind];
    return [
      label,
      differs(region) ? html`${name}, <strong class="different">differs</strong>` : name,
      html`<code>${hexAddress(base)}</code>`,
      html`<code>${hexAddress(top)}</code>`,
      html`<span class="calls">${sizeText(top - base)}</span>`,
    ];
  });
  return longTable("Regions by address", ["region", "kind", "from", "up to", "size"], rows);
}

function legend(regions: readonly MapRegion[]): Html {
  const kinds = [
    ["ram", "kind-ram"],
    ["measured", "kind-data"],
    ["unmeasured", "kind-hatch"],
  ] as const;
  const shown = kinds.filter(([kind]) => regions.some((region) => region.kind === kind));
  return html`<ul class="legend">${shown.map(([kind, mark]) => html`<li><span class="kind ${mark}" aria-hidden="true"></span>${REGION_KINDS[kind]}</li>`)}</ul>
`;
}

/** The drawing with its legend. @param bytes that it has room for; those of the regions if absent. */
export function mapFigure(
  regions: readonly MapRegion[],
  id: string,
  bytes?: number,
  differs: Differs = ALONE,
): Html {
  if (regions.length === 0) return html`<p>The launch declares no memory.</p>\n`;
  const unnamed = unnamedRegions(regions);
  return html`${memoryMap(regions, id, bytes ?? drawnBytes(regions), differs)}${legend(regions)}${unnamed === 0 ? "" : html`<p class="soft">The largest regions are named; the table has ${unnamed} more.</p>\n`}`;
}

function inputs(files: readonly InputFile[]): Html {
  if (files.length === 0) return html`<p>No file goes into this launch.</p>\n`;
  const rows = files.map(({ name, path, size, sha256, format }): HtmlPart[] => [
    name,
    path,
    `${sizeText(size)} (${size} bytes)`,
    hash(sha256),
    format === undefined ? "" : membersText(format, " "),
  ]);
  return table(
    "Files, as they lie on the disk",
    ["name", "path", "size", "SHA-256", "looks like"],
    rows,
  );
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function assumptions(assumed: readonly Assumption[]): Html {
  if (assumed.length === 0) return html`<p>Every value that counts was given.</p>\n`;
  const rows = assumed.map(({ field, value, origin }): HtmlPart[] => [
    field,
    origin === "not-checked" ? "" : valueText(value),
    origin === "not-checked"
      ? "a limit of the RMM that the platform does not state; not checked"
      : "nobody gave it; this is the default",
  ]);
  return table("Values that the manifest leaves open", ["field", "value", "why"], rows);
}

/** The class of proof, marked where it is a guess. */
export function proofMark(proof: ProofClass): Html {
  return html`<span class="proof${proof === "assumed" ? " weak" : ""}">${proof}</span>`;
}

function proofs(models: readonly PageModel[]): Html {
  const rows = models.map(({ role, name, proof, title, evidence, meaning }): HtmlPart[] => [
    `${role} ${name}`,
    html`${proofMark(proof)} ${meaning}`,
    `${title}; ${evidence}`,
  ]);
  return table("Models and what proves them", ["model", "class of proof", "rests on"], rows);
}

function refusedSteps({ refused = [] }: MeasurementReport): readonly PageSection[] {
  if (refused.length === 0) return [];
  const items = refused.map(
    ({ pointer, message }) => html`<li><code>${pointer}</code>: ${message}</li>\n`,
  );
  const body = html`<p>The hypervisor refuses these steps; the launch goes on without them.</p>
<ul class="effects">
${items}</ul>
`;
  return [named("refused", "Refused steps", body)];
}

function named(id: string, title: string, body: Html): PageSection {
  return { id, title, html: section(id, title, body) };
}

/** A page about one launch. */
export function launchHtml({ name, file, report, models, stages }: LaunchPage): string {
  const regions = mapRegions(stages);
  const { rmm, host } = report;
  const lead = html`<h1>${name}</h1>
<p class="soft">What a Realm launched as <code>${file}</code> says will report: ${host.vmm === "none" ? "listed steps" : host.vmm} on ${host.hypervisor}, RMM ${rmm}.</p>
${rimBox("Realm Initial Measurement", report)}`;
  const map = html`<div class="columns">
<div>${mapFigure(regions, "map")}</div>
<div>${regionTable(regions)}</div>
</div>
`;
  return page(`${name}: RIM ${report.rim.slice(0, 16)}`, lead, [
    named("values", "Measured values", values(report)),
    named("memory", "Guest memory", map),
    named("calls", "RMI calls", timeline(stages)),
    named("inputs", "Inputs", inputs(report.inputs)),
    named("assumptions", "Assumptions", assumptions(report.assumed)),
    ...refusedSteps(report),
    named("proof", "What proves the models", proofs(models)),
  ]);
}
