/**
 * The node of the interrupt controller and the one below it that delivers MSIs.
 *
 * @see QEMU hw/arm/virt.c (fdt_add_gic_node, fdt_add_its_gic_node, fdt_add_v2m_gic_node)
 * @module
 */
import type { MachinePlan } from "./machine-plan.ts";
import { LOW_MAP, type MapRange } from "./memory-map.ts";
import type { TreeBuilder } from "./tree-builder.ts";
import { IRQ } from "./tree-cpu.ts";

/** Phandles that other nodes refer to. */
export interface GicPhandles {
  readonly gic: number;
  /** Undefined where nothing delivers MSIs. */
  readonly msi: number | undefined;
}

const MAINTENANCE_PPI = 9;
const INTC = `/intc@${LOW_MAP.gicDist.base.toString(16)}`;

function flat(...ranges: readonly MapRange[]): bigint[] {
  return ranges.flatMap(({ base, size }) => [base, size]);
}

/** /intc, and its or v2m in it. */
export function addGic(tree: TreeBuilder, plan: MachinePlan): GicPhandles {
  const gic = tree.phandle();
  tree.cells("/", "interrupt-parent", gic);
  tree.node(INTC);
  tree.cells(INTC, "#interrupt-cells", 3);
  tree.flag(INTC, "interrupt-controller");
  tree.cells(INTC, "#address-cells", 2);
  tree.cells(INTC, "#size-cells", 2);
  tree.flag(INTC, "ranges");
  if (plan.gic.version === 2) addVersion2(tree, plan);
  else addVersion3(tree, plan);
  if (plan.config.settings.virtualization) {
    tree.cells(INTC, "interrupts", IRQ.ppi, MAINTENANCE_PPI, IRQ.level);
  }
  tree.cells(INTC, "phandle", gic);
  return { gic, msi: addMsi(tree, plan) };
}

function addVersion3(tree: TreeBuilder, { gic, map }: MachinePlan): void {
  const high = gic.twoRegions ? [map.redist2] : [];
  tree.text(INTC, "compatible", "arm,gic-v3");
  tree.cells(INTC, "#redistributor-regions", 1 + high.length);
  tree.wide(INTC, "reg", ...flat(LOW_MAP.gicDist, LOW_MAP.gicRedist, ...high));
}

function addVersion2(tree: TreeBuilder, { config }: MachinePlan): void {
  const hyp = config.settings.virtualization ? [LOW_MAP.gicHyp, LOW_MAP.gicVcpu] : [];
  tree.text(INTC, "compatible", "arm,cortex-a15-gic");
  tree.wide(INTC, "reg", ...flat(LOW_MAP.gicDist, LOW_MAP.gicCpu, ...hyp));
}

function addMsi(tree: TreeBuilder, { gic, release }: MachinePlan): number | undefined {
  if (gic.msi === "none") return undefined;
  const its = gic.msi === "its";
  const place = its ? LOW_MAP.gicIts : LOW_MAP.gicV2m;
  const path = `${INTC}/${its ? "its" : "v2m"}@${place.base.toString(16)}`;
  const phandle = tree.phandle();
  tree.node(path);
  tree.text(path, "compatible", its ? "arm,gic-v3-its" : "arm,gic-v2m-frame");
  tree.flag(path, "msi-controller");
  if (its && release.has("msiCells")) tree.cells(path, "#msi-cells", 1);
  tree.wide(path, "reg", ...flat(place));
  tree.cells(path, "phandle", phandle);
  return phandle;
}
