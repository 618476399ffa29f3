/** The README's table of models, from the data that the program itself goes by. */
import {
  HYPERVISOR_MODELS,
  type ModelInfo,
  type ProofClass,
  QEMU_MODELS,
  RMM_MODELS,
  VMM_MODELS,
} from "../../src/host/models.ts";

const CLASSES: readonly ProofClass[] = ["oracle", "assembled", "source", "spec", "assumed"];

/** Names that share a prefix are written once: "linux-kvm/v5, v7". */
function listed(names: readonly string[]): string {
  let last = "";
  return names
    .map((name) => {
      const prefix = name.includes("/") ? name.slice(0, name.indexOf("/") + 1) : "";
      const shown = prefix !== "" && prefix === last ? name.slice(prefix.length) : name;
      last = prefix;
      return `\`${shown}\``;
    })
    .join(", ");
}

function row(axis: string, models: readonly ModelInfo[]): readonly string[] {
  return CLASSES.flatMap((proof) => {
    const names = models
      .filter((model) => model.proof === proof && model.abilities.length > 0)
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`| ${axis} | \`${proof}\` | ${listed(names)} |`];
  });
}

/** The table in Markdown. */
export function modelsTable(): string {
  return [
    "| axis | proof | models |",
    "|---|---|---|",
    ...row("RMM", RMM_MODELS),
    ...row("hypervisor", HYPERVISOR_MODELS),
    ...row("VMM", [...VMM_MODELS, ...QEMU_MODELS]),
  ].join("\n");
}
