/**
 * The same files, unpacked.
 *
 * @module
 */
import { granulesOf } from "../../hash/content.ts";
import type { FileLookup, ResolvedFile } from "../../host/files.ts";
import type { LaunchStep } from "../../host/steps.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { pointerStep } from "../../manifest/source-map.ts";
import { GRANULE_SIZE } from "../../units.ts";
import { type Edit, type EditTools, RARITY } from "./edit.ts";

function withFile(files: FileLookup, file: ResolvedFile): FileLookup {
  return {
    resolve: (name, pointer) => (name === file.name ? file : files.resolve(name, pointer)),
    isDirectory: (name) => files.isDirectory(name),
    isListed: (name) => files.isListed(name),
  };
}

function stepWith(step: LaunchStep, { name, source }: ResolvedFile): LaunchStep {
  if (step.step !== "data" || step.data.kind !== "file" || step.data.name !== name) return step;
  const content = granulesOf(source, Number(step.ipa % BigInt(GRANULE_SIZE)));
  return { ...step, data: { kind: "file", name, source }, content };
}

/** Every file of the launch that is packed, unpacked. */
export function fileEdits(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  return plan.inputs.flatMap(({ name }): readonly Edit[] => {
    const file = tools.unpack(name, plan.files);
    if (file === undefined) return [];
    return [
      {
        group: `files.${name}`,
        rarity: RARITY.guessed,
        value: "decompress: gzip",
        shown: {
          change: "added",
          path: `files.${name}.decompress`,
          a: null,
          b: '"gzip"',
          pointerA: `/files${pointerStep(name)}`,
          pointerB: null,
        },
        apply: (before) => ({
          ...before,
          files: withFile(before.files, file),
          launch: before.launch.map((step) => stepWith(step, file)),
        }),
      },
    ];
  });
}
