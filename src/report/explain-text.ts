/**
 * The answer of `explain` for people.
 *
 * @module
 */
import type { ExplainResult, Explanation, TriedGroup } from "../compare/explain.ts";
import type { StageReport } from "../compare/search-stage.ts";
import { plural } from "../plural.ts";
import { inputLine, type PlaceOf } from "./diff-text.ts";
import type { Style } from "./style.ts";
import { plain } from "./text.ts";

/** Explanations beyond these are only counted. */
const MOST_EXPLANATIONS = 20;
/** Values of a group beyond these are only counted. */
const MOST_VALUES = 8;

function changesText({ changes, otherwise }: Explanation, placeOf: PlaceOf, style: Style): string {
  const lines = changes.map((change) => {
    const place = placeOf(change);
    return `  ${inputLine(change, style)}${place === undefined ? "" : style.dim(`  (${place})`)}\n`;
  });
  const others = otherwise.map(({ text }) => `  ${style.yellow("!")} ${text}\n`);
  return [...lines, ...others].join("");
}

function textsOf({ changes, otherwise }: Explanation): readonly string[] {
  return [...changes, ...otherwise].map((each) => JSON.stringify(each));
}

/** Explanations that are no other one with more changes, which then make no difference. */
function shortest(explanations: readonly Explanation[]): readonly Explanation[] {
  const texts = explanations.map((each) => new Set(textsOf(each)));
  return explanations.filter((_, i) => {
    const own = texts[i] ?? new Set();
    return !texts.some(
      (other) => other.size < own.size && [...other].every((each) => own.has(each)),
    );
  });
}

function explanationsText(result: ExplainResult, placeOf: PlaceOf, style: Style): string {
  const kept = shortest(result.explanations);
  const [first, ...others] = kept;
  if (first === undefined) return "";
  const count = first.changes.length + first.otherwise.length;
  const head = style.green(
    count === 1
      ? "this change gives the observed RIM:"
      : `these ${count} changes together give the observed RIM:`,
  );
  const shown = others.slice(0, MOST_EXPLANATIONS - 1);
  const more = others.length - shown.length;
  const longer = result.explanations.length - kept.length;
  return [
    `${head}\n${changesText(first, placeOf, style)}`,
    ...shown.map((each) => `or\n${changesText(each, placeOf, style)}`),
    more === 0 ? "" : `and ${plural(more, "more explanation")}\n`,
    longer === 0 ? "" : `and ${longer} with further changes that make no difference here\n`,
  ].join("");
}

function stageText({ stage, total, done, measured, refused }: StageReport): string {
  const rest = done < total ? ` of ${total}` : "";
  const name = stage === "as it is" ? "the launch as it is" : stage;
  return `  ${name}: ${done}${rest} tried, ${measured} measured, ${refused} impossible\n`;
}

function stagesText(stages: readonly StageReport[]): string {
  const begun = stages.filter(({ total }) => total > 0);
  const all = begun.reduce((sum, { done }) => sum + done, 0);
  return `${plural(all, "launch", "launches")} tried\n${begun.map(stageText).join("")}`;
}

function triedText(tried: readonly TriedGroup[]): string {
  const lines = tried.map(({ group, values }) => {
    const shown = values.slice(0, MOST_VALUES).map(plain);
    const more = values.length - shown.length;
    return `  ${plain(group)}: ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}\n`;
  });
  return tried.length === 0 ? "" : `single changes that were tried\n${lines.join("")}`;
}

function verdict({ status, stages }: ExplainResult, style: Style): string {
  switch (status) {
    case "same":
      return `${style.green("the launch gives the observed RIM as it is")}\n`;
    case "not-found":
      return `${style.red("no explanation found")}: none of these changes, alone or two at once\n`;
    case "out-of-budget": {
      const left = stages.reduce((sum, { total, done }) => sum + total - done, 0);
      const pairs = stages.at(-1);
      const open = pairs === undefined || pairs.total === 0;
      const known = open ? "" : "no single change explains it; ";
      return `${style.yellow("out of budget")}: ${known}${plural(left, "launch", "launches")} of this stage left\n--budget 10m searches longer, --state FILE lets a search go on where it stopped\n`;
    }
    case "explained":
      return "";
  }
}

/** The whole answer. */
export function explainText(
  result: ExplainResult,
  manifest: string,
  placeOf: PlaceOf,
  style: Style,
): string {
  const { observed, expected, refusal, stages, tried, explanations } = result;
  const width = Math.max("observed".length, manifest.length);
  const own = expected ?? `none: ${plain(refusal ?? "")}`;
  return [
    `${"observed".padEnd(width)}  ${observed}\n${plain(manifest).padEnd(width)}  ${own}\n`,
    explanations.length > 0 ? explanationsText(result, placeOf, style) : verdict(result, style),
    result.status === "same" ? "" : stagesText(stages),
    result.status === "not-found" || result.status === "out-of-budget" ? triedText(tried) : "",
  ]
    .filter((part) => part !== "")
    .join("\n");
}
