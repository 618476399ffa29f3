/**
 * The answer of `diff` for people.
 *
 * @module
 */
import type {
  AddressRange,
  DescriptorCounts,
  Effect,
  EntryCount,
  FirstByte,
  TreeComparison,
  TreeDifference,
} from "../compare/effects.ts";
import type { FirstCall, ShownCall } from "../compare/first-call.ts";
import type { InputDifference } from "../compare/inputs.ts";
import { plural } from "../plural.ts";
import type { DiffAnswer } from "./diff.ts";
import type { Style } from "./style.ts";
import { membersText, plain, sizeText } from "./text.ts";

/** Lists longer than this are cut. */
const MOST = 12;

/** Digests of files, as far as people compare them. */
function short(text: string): string {
  return text.replaceAll(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, "$1...");
}

/** A change with its sign: `+` added, `-` removed, `~` changed, `>` moved. */
export function inputLine(difference: InputDifference, style: Style): string {
  const { change } = difference;
  const path = plain(difference.path);
  const a = short(plain(difference.a ?? ""));
  const b = short(plain(difference.b ?? ""));
  switch (change) {
    case "added":
      return `${style.green("+")} ${path}: ${b}`;
    case "removed":
      return `${style.red("-")} ${path}: ${a}`;
    case "changed":
      return `${style.yellow("~")} ${path}: ${a} -> ${b}`;
    case "moved":
      return `${style.yellow(">")} ${path}: ${a} (moved)`;
  }
}

/** Says where the value stands that a difference is about; undefined if nowhere. */
export type PlaceOf = (difference: InputDifference) => string | undefined;

function inputsText({ inputs, causes }: DiffAnswer, placeOf: PlaceOf, style: Style): string {
  if (inputs.length === 0) {
    return causes === null ? "inputs: none that the reports tell\n" : "inputs: no difference\n";
  }
  const legend = causes === null ? "" : ", * makes the RIM differ";
  const lines = inputs.map((input, i) => {
    const mark = causes?.inputs.includes(i) === true ? style.bold("*") : " ";
    const place = placeOf(input);
    const where = place === undefined ? "" : style.dim(`  (${place})`);
    return `  ${mark} ${inputLine(input, style)}${where}\n`;
  });
  return `inputs  (+ added, - removed, ~ changed${legend})\n${lines.join("")}`;
}

function callText({ n, command, args, content }: ShownCall, style: Style): string {
  // The RPV is long, and never measured.
  const { rpv: _, ...shown } = args;
  const what =
    content === null
      ? ""
      : style.dim(
          `  (${plain(content.label)}, granule ${content.granule + 1} of ${content.granules})`,
        );
  return `#${n} ${style.bold(command)} ${membersText(shown, " ")}${what}`;
}

/** What is different about the first call, in one line. */
export function firstCallMeaning({ a, b, differs }: FirstCall): string {
  if (a === null || b === null) return "one of the launches measures nothing more";
  if (differs.includes("command")) return "the launches go on with different calls";
  if (differs.includes("content")) return "the same call with other content";
  const isPlace = differs.includes("ipa") || differs.includes("base");
  return `${isPlace ? "other addresses" : "other values"}: ${differs.join(", ")}`;
}

function firstCallText(call: FirstCall, style: Style): string {
  const { a, b, descriptors } = call;
  const side = (sign: string, each: ShownCall | null): string =>
    `  ${sign} ${each === null ? "nothing more" : callText(each, style)}\n`;
  return [
    "first RMI call that measures something else\n",
    side(style.red("-"), a),
    side(style.green("+"), b),
    `  ${firstCallMeaning(call)}\n`,
    `  before it: ${plural(descriptors, "measurement")}, the same in both\n`,
  ].join("");
}

function rangesText(ranges: readonly AddressRange[]): string {
  const shown = ranges.slice(0, MOST).map(({ base, top }) => `${base} .. ${top}`);
  const more = ranges.length - shown.length;
  return shown.join(", ") + (more > 0 ? `, and ${more} more` : "");
}

function entriesText(entries: readonly EntryCount[]): string {
  return entries
    .map(({ count, entrySize }) => `${count} x ${sizeText(Number(entrySize))}`)
    .join(" + ");
}

function treeLine({ change, path, name, a, b }: TreeDifference, style: Style): string {
  const what = [path ?? "", name ?? ""].filter((part) => part !== "").join(" ");
  switch (change) {
    case "added":
      return `${style.green("+")} ${what}${b === null ? "" : `: ${plain(b)}`}`;
    case "removed":
      return `${style.red("-")} ${what}${a === null ? "" : `: ${plain(a)}`}`;
    case "changed":
      return `${style.yellow("~")} ${what}: ${plain(a ?? "")} -> ${plain(b ?? "")}`;
    case "order":
      return `${style.yellow(">")} ${what}: ${plain(a ?? "")} -> ${plain(b ?? "")}`;
  }
}

function treeText({ kind, differences, place }: TreeComparison, style: Style): string {
  if (kind === "residue") {
    return `      the device trees say the same; ${place} differ\n`;
  }
  const lines = differences.slice(0, MOST).map((each) => `      ${treeLine(each, style)}\n`);
  const more = differences.length - lines.length;
  return lines.join("") + (more > 0 ? `      and ${plural(more, "more difference")}\n` : "");
}

function byteText({ ipa, offset, a, b }: FirstByte, tree: TreeComparison | null): string {
  const within = tree === null ? "" : `, ${plain(tree.place)}`;
  const place = ({ file, offset: at }: FirstByte["a"]): string => {
    if (file !== null) return `${plain(file)} offset ${at}`;
    return at === null ? "zeros around what is loaded" : `byte ${offset} of it${within}`;
  };
  const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;
  const places = new Set([place(a), place(b)]);
  return `${ipa} (${[...places].join(" -> ")}): ${hex(a.value)} -> ${hex(b.value)}`;
}

/** What is measured differently, in one line: `~ kernel: 3 of 8046 granules differ`. */
export function headline(effect: Effect): string {
  switch (effect.kind) {
    case "parameter":
      return `~ Realm parameter ${effect.field}: ${effect.a} -> ${effect.b}`;
    case "ripas-ranges":
      return "~ RAM whose RIPAS is measured";
    case "ripas-granularity":
      return `~ RIPAS in other entries: ${entriesText(effect.a)} -> ${entriesText(effect.b)}, first at ${effect.first.base}`;
    case "ripas-again":
      return `~ RIPAS entries measured again: ${effect.a} -> ${effect.b}`;
    case "presence": {
      const sign = effect.side === "a" ? "-" : "+";
      return `${sign} ${effect.label}: ${plural(effect.pages, "granule")} at ${effect.base}`;
    }
    case "place":
      return `~ ${effect.label}: at ${effect.a} -> ${effect.b}`;
    case "extent":
      return `~ ${effect.label}: ${plural(effect.a, "granule")} -> ${effect.b}`;
    case "measured":
      return `~ ${effect.label}: content ${effect.a ? "measured" : "not measured"} -> ${effect.b ? "measured" : "not measured"}`;
    case "content":
      return `~ ${effect.label}: ${effect.pages} of ${plural(effect.of, "granule")} differ`;
    case "rec":
      return `~ REC ${effect.register}: ${effect.a} -> ${effect.b}`;
    case "rec-count":
      return `~ measured RECs: ${effect.a} -> ${effect.b}`;
    case "order":
      return "> order";
  }
}

/** Further lines on an effect, indented; empty if there are none. */
export function details(effect: Effect, style: Style): string {
  switch (effect.kind) {
    case "ripas-ranges":
      return [
        effect.onlyA.length === 0 ? "" : `      ${style.red("-")} ${rangesText(effect.onlyA)}\n`,
        effect.onlyB.length === 0 ? "" : `      ${style.green("+")} ${rangesText(effect.onlyB)}\n`,
      ].join("");
    case "content":
      return `      first byte at ${byteText(effect.first, effect.tree)}\n${
        effect.tree === null ? "" : treeText(effect.tree, style)
      }`;
    case "order":
      return [
        `      ${style.red("-")} ${effect.a.slice(0, MOST).join(", ")}\n`,
        `      ${style.green("+")} ${effect.b.slice(0, MOST).join(", ")}\n`,
      ].join("");
    default:
      return "";
  }
}

function effectsText(effects: readonly Effect[], style: Style): string {
  const paint = (line: string): string => {
    const sign = { "+": style.green, "-": style.red }[line.slice(0, 1)] ?? style.yellow;
    return sign(line.slice(0, 1)) + line.slice(1);
  };
  const lines = effects.map((each) => `  ${paint(headline(each))}\n${details(each, style)}`);
  return `what is measured differently\n${lines.join("")}`;
}

function countsText({ ripas, data, rec }: DescriptorCounts): string {
  const parts = Object.entries({ RIPAS: ripas, data, REC: rec })
    .filter(([, { a, b }]) => a + b > 0)
    .map(([name, { a, b, common }]) => `${name} ${common} of ${a === b ? a : `${a} and ${b}`}`);
  return `measurements that are the same: ${parts.join(", ")}\n`;
}

function causesText({ causes, inputs }: DiffAnswer): string {
  if (causes === null) {
    return inputs.length === 0
      ? "what differs is not in the reports, e.g. the VMM's command line: compare the manifests\n"
      : "the reports do not tell which of these makes the RIM differ, or whether it is something else: compare the manifests\n";
  }
  const { inputs: chosen, smallest } = causes;
  const all = chosen.length === inputs.length;
  const what =
    all && chosen.length > 1 ? `all ${chosen.length} inputs` : plural(chosen.length, "input");
  const verb = chosen.length === 1 ? "explains" : "explain";
  const doubt = smallest ? "" : " (a smaller set may do)";
  return `${what} marked * ${verb} all of it${doubt}\n`;
}

function summary({ inputs, firstCall }: DiffAnswer, style: Style): string {
  if (inputs.length === 0) return "";
  const differ = `${plural(inputs.length, "input")} ${inputs.length === 1 ? "differs" : "differ"}`;
  const call = firstCall?.b ?? firstCall?.a;
  if (call === undefined || call === null) return `${differ}\n`;
  const address = call.args["ipa"] ?? call.args["base"];
  const at = typeof address === "string" ? ` at ${address}` : "";
  return `${differ}, first different RMI call: ${style.bold(`#${call.n} ${call.command}`)}${at}\n`;
}

function valuesText({ a, b }: DiffAnswer, style: Style): string {
  const width = Math.max(a.name.length, b.name.length);
  const line = (sign: string, { name, rim, hashAlgo }: DiffAnswer["a"]): string =>
    `${sign} ${name.padEnd(width)}  RIM ${rim}  ${hashAlgo}\n`;
  const rems = a.rem.flatMap((rem, i) =>
    rem === b.rem[i] ? [] : [`  REM${i}: ${rem} -> ${b.rem[i] ?? "none"}\n`],
  );
  return [line(style.red("-"), a), line(style.green("+"), b), ...rems].join("");
}

/** The whole answer. */
export function diffText(answer: DiffAnswer, placeOf: PlaceOf, style: Style): string {
  const { a, b, effects, counts, firstCall } = answer;
  if (a.rim === b.rim) {
    const same = answer.equal ? "RIM and REM are the same" : "the RIM is the same, a REM differs";
    const differ = answer.inputs.length === 0 ? "" : `${inputsText(answer, placeOf, style)}\n`;
    return `${valuesText(answer, style)}\n${differ}${style.green(same)}\n`;
  }
  const parts = [
    valuesText(answer, style),
    inputsText(answer, placeOf, style),
    firstCall === null ? "" : firstCallText(firstCall, style),
    effects === null ? "" : effectsText(effects, style),
    [counts === null ? "" : countsText(counts), causesText(answer), summary(answer, style)].join(
      "",
    ),
  ];
  return parts.filter((part) => part !== "").join("\n");
}
