/**
 * `models`: what manifests can name, and what proves it.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { CcaRimError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import type { ModelsReport, PlatformInfo } from "../../report/models.ts";
import { type Command, defineCommand } from "../command.ts";
import { PACKAGE } from "../package-folder.ts";

const FOLDER = new URL("platforms/", PACKAGE);
const SUFFIX = ".json";

function platforms(): readonly PlatformInfo[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, FOLDER), "utf8");
      const { description = "" } = JSON.parse(text) as { readonly description?: string };
      return { name: file.slice(0, -SUFFIX.length), title: description };
    });
}

async function load(): Promise<ModelsReport> {
  const { modelsReport } = await import("../../report/models.ts");
  return modelsReport(platforms());
}

function namesIn(report: ModelsReport): readonly string[] {
  return [...report.rmm, ...report.hypervisors, ...report.vmms, ...report.platforms].map(
    ({ name }) => name,
  );
}

function unknownName(name: string, hint: string): CcaRimError {
  return new CcaRimError("USAGE_ARGUMENT", `there is no model "${name}"`, { hint });
}

/** `qemu/9.1.91+rfc-v3` is listed as `qemu/<version>+rfc-v3`. @throws CcaRimError USAGE_ARGUMENT */
async function listedName(name: string): Promise<string> {
  const [, version] = /^qemu\/([\d.]+)/.exec(name) ?? [];
  if (version === undefined) return name;
  const { MODELLED_RELEASES, resolveRelease } = await import("../../host/vmm/qemu/versions.ts");
  if (resolveRelease(version) === undefined) {
    throw unknownName(name, `releases ${MODELLED_RELEASES} are modelled`);
  }
  return name.replace(version, "<version>");
}

/** The rows of a model, or of a family such as `kvmtool`, and its pairs. @throws CcaRimError USAGE_ARGUMENT */
async function only(report: ModelsReport, name: string): Promise<ModelsReport> {
  const known = namesIn(report);
  const listed = await listedName(name);
  const isNamed = (other: string): boolean => other === listed || other.startsWith(`${listed}/`);
  if (!known.some(isNamed)) {
    const near = known.find((other) => other.endsWith(`/${name}`)) ?? nearest(name, known);
    throw unknownName(
      name,
      near === undefined ? "cca-rim models lists them" : `did you mean ${near}?`,
    );
  }
  const is = (row: { readonly name: string }): boolean => isNamed(row.name);
  return {
    proofClasses: report.proofClasses,
    rmm: report.rmm.filter(is),
    hypervisors: report.hypervisors.filter(is),
    vmms: report.vmms.filter(is),
    platforms: report.platforms.filter(is),
    pairs: report.pairs.filter(
      ({ vmm, hypervisor, rmm }) => isNamed(vmm) || isNamed(hypervisor) || rmm.some(isNamed),
    ),
  };
}

/** The command. */
export const models: Command = defineCommand({
  name: "models",
  summary: "Lists RMM versions, hypervisors, VMMs and platforms, and what proves each.",
  operands: [
    {
      name: "NAME",
      summary:
        "one model, or a family such as kvmtool, with what it goes together with; without it, all of them",
      optional: true,
      complete: async (word) =>
        (await import("../model-names.ts")).withVersionOf(word, namesIn(await load())),
    },
  ],
  options: {},
  examples: [
    { line: "cca-rim models", does: "lists every name that a manifest can use" },
    {
      line: "cca-rim models kvmtool/v3",
      does: "shows one VMM, the hypervisors it runs on and the RMM versions below them",
    },
  ],
  async *run({ operands: [name] }, { json, style }) {
    const all = await load();
    const report = name === undefined ? all : await only(all, name);
    yield json
      ? (await import("../../report/json.ts")).jsonDocument(report)
      : (await import("../../report/models-text.ts")).modelsText(report, style);
    return 0;
  },
});
