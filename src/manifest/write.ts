/**
 * Manifests as text: what `import` prints.
 *
 * @module
 */
import type { Document } from "yaml";
import type { CommentedManifest } from "../host/vmm/imported.ts";
import { pointerSteps } from "./source-map.ts";

/** Text values that YAML would read as something else are quoted by the library; so are u64s. */
const STYLE = { lineWidth: 100, flowCollectionPadding: false, defaultStringType: "PLAIN" } as const;

/** Lists of plain words, such as command lines, stand on one line. */
function flowLists(document: Document, isSeq: typeof import("yaml").isSeq): void {
  const args = document.getIn(["host", "args"]);
  if (isSeq(args)) args.flow = true;
}

function comment(
  document: Document,
  pointer: string,
  lines: readonly string[],
  yaml: typeof import("yaml"),
): void {
  const steps = pointerSteps(pointer);
  const key = steps.at(-1);
  const parent = steps.length > 1 ? document.getIn(steps.slice(0, -1)) : document.contents;
  if (!yaml.isMap(parent)) return;
  const pair = parent.items.find(({ key: name }) => yaml.isScalar(name) && name.value === key);
  if (pair !== undefined && yaml.isScalar(pair.key)) {
    pair.key.commentBefore = lines.map((line) => ` ${line}`).join("\n");
  }
}

/** Writes a manifest as YAML, each comment above the key that it is about. */
export async function manifestText({ manifest, comments }: CommentedManifest): Promise<string> {
  const yaml = await import("yaml");
  const document = new yaml.Document(manifest);
  flowLists(document, yaml.isSeq);
  for (const [pointer, lines] of Object.entries(comments)) {
    comment(document, pointer, lines, yaml);
  }
  return document.toString(STYLE);
}
