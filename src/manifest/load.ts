/**
 * From manifest text to launch plan: read, validate, resolve.
 *
 * @module
 */
import { CcaRimError, type ErrorPlace } from "../errors.ts";
import type { Ability } from "../host/models.ts";
import { type Blame, blameIn } from "./blame.ts";
import { type FileAccess, FileTable } from "./files.ts";
import { resolveLaunch, resolveRem } from "./launch.ts";
import type { Manifest } from "./manifest.ts";
import { checkNames, requireModelled } from "./modelled.ts";
import type { Assumption, LaunchPlan, Platform } from "./plan.ts";
import { resolvePlatform } from "./platform.ts";
import { readText } from "./read.ts";
import { resolveRealm } from "./realm.ts";
import type { Part } from "./source-map.ts";
import { validateText } from "./validate.ts";
import { resolveValidity } from "./validity.ts";

/** A manifest, what it means, and where everything in it stands. */
export interface LoadedManifest {
  readonly manifest: Manifest;
  readonly plan: LaunchPlan;
  /** Line and column of the value at a JSON pointer, or of the nearest enclosing one. */
  readonly locate: (pointer: string, part?: Part) => ErrorPlace;
}

/** What a manifest is loaded for. */
export interface LoadOptions {
  /** Decides which models must exist, and whether files may be stand-ins. Default "measure". */
  readonly purpose?: Ability;
}

/** A manifest as the schema lets it through. */
export type WrittenManifest = Omit<Manifest, "host"> & {
  readonly host: Omit<Manifest["host"], "hypervisor"> & { readonly hypervisor?: string };
};

/**
 * Fills in the hypervisor of a VMM's line that nobody measures, such as an ordinary line for
 * `dtb`: "direct", which no VMM takes for KVM.
 */
function withHypervisor(written: WrittenManifest, purpose: Ability, blame: Blame): Manifest {
  const { host } = written;
  const { hypervisor } = host;
  if (hypervisor === undefined && (host.vmm === "none" || purpose === "measure")) {
    throw blame("MANIFEST_SCHEMA", "/host", 'host lacks "hypervisor"', {
      hint: host.vmm === "none" ? 'add hypervisor: "direct"' : 'add hypervisor: "linux-kvm/v7"',
      part: "key",
    });
  }
  return { ...written, host: { ...host, hypervisor: hypervisor ?? "direct" } };
}

/** `launch` and `host.args` exclude each other: either a VMM makes the steps or the manifest does. */
function checkWhoLaunches({ host, launch }: Manifest, blame: Blame): void {
  const named = host.vmm !== "none";
  if (named && launch !== undefined) {
    throw blame("MANIFEST_VALUE", "/launch", `${host.vmm} makes the steps of the launch itself`, {
      hint: 'remove launch, or name vmm "none"',
      part: "key",
    });
  }
  if (named && host.args === undefined) {
    throw blame("MANIFEST_VALUE", "/host", `${host.vmm} needs host.args, its command line`, {
      hint: "add args: [...], the program's name first",
      part: "key",
    });
  }
  if (!named && host.args !== undefined) {
    throw blame("MANIFEST_VALUE", "/host/args", 'vmm "none" has no command line', {
      hint: "remove args, or name the VMM",
      part: "key",
    });
  }
  if (!named && launch === undefined) {
    throw blame("MANIFEST_VALUE", "", 'vmm "none" needs launch, the list of steps', {
      hint: "add launch: [...]; an empty list launches nothing but the Realm itself",
    });
  }
}

interface ResolvedPlatform {
  readonly entries: Manifest["platform"];
  readonly access: FileAccess;
  readonly platform: Platform;
}

/** Launches of one text share its platform, which takes files and a schema to resolve. */
const platforms = new WeakMap<Blame, ResolvedPlatform>();

async function platformOf(
  { platform: entries }: Manifest,
  access: FileAccess,
  blame: Blame,
): Promise<Platform> {
  const known = platforms.get(blame);
  if (known !== undefined && known.entries === entries && known.access === access) {
    return known.platform;
  }
  const platform = await resolvePlatform(entries, access, blame);
  platforms.set(blame, { entries, access, platform });
  return platform;
}

async function resolvePlan(
  manifest: Manifest,
  access: FileAccess,
  blame: Blame,
  purpose: Ability,
): Promise<LaunchPlan> {
  checkNames(manifest, blame);
  requireModelled(manifest, purpose, blame);
  checkWhoLaunches(manifest, blame);
  const { host, name, rmm } = manifest;
  const platform = await platformOf(manifest, access, blame);
  const realm = resolveRealm(manifest, blame);
  const files = new FileTable(manifest.files ?? {}, access, blame, purpose !== "measure");
  const assumed: Assumption[] = [];
  const launch = resolveLaunch(manifest.launch ?? [], {
    blame,
    files,
    direct: host.hypervisor === "direct",
    s2sz: realm.s2sz,
    assumed,
  });
  const rem = resolveRem(manifest.rem ?? [], files, blame);
  const validity = resolveValidity(manifest.validity, blame);
  return {
    ...(name === undefined ? {} : { name }),
    rmm,
    host: { ...host },
    platform,
    realm,
    launch,
    rem,
    ...(validity === undefined ? {} : { validity }),
    files,
    inputs: files.inputs,
    assumed,
    ...(purpose === "measure" ? {} : { purpose }),
  };
}

/** A manifest that is read and follows the schema, with the place of everything in it. */
export interface WrittenText {
  readonly written: WrittenManifest;
  readonly blame: Blame;
  readonly locate: LoadedManifest["locate"];
}

/**
 * Reads a manifest, YAML or JSON, and checks it against the schema.
 *
 * @param fileName what errors call the text.
 * @throws CcaRimError MANIFEST_SYNTAX, MANIFEST_SCHEMA with file, line, column and JSON pointer
 */
export async function readManifestText(
  text: string,
  fileName: string,
  access: FileAccess,
): Promise<WrittenText> {
  const document = await readText(text, fileName);
  const schema = access.packageText("schemas/manifest.schema.json");
  if (schema === undefined) {
    throw new CcaRimError("BUG_INTERNAL", "this package lacks schemas/manifest.schema.json");
  }
  await validateText(document, schema);
  return {
    written: document.value as WrittenManifest,
    blame: blameIn(document.places),
    locate: (pointer, part) => document.places.locate(pointer, part),
  };
}

/**
 * Resolves a manifest that is read.
 *
 * @param access reaches files; paths in the manifest are handed to it unchanged.
 * @throws CcaRimError MANIFEST_* with file, line, column and JSON pointer; FILE_*; HOST_*
 */
export async function resolveManifest(
  { written, blame, locate }: WrittenText,
  access: FileAccess,
  { purpose = "measure" }: LoadOptions = {},
): Promise<LoadedManifest> {
  const manifest = withHypervisor(written, purpose, blame);
  const plan = await resolvePlan(manifest, access, blame, purpose);
  return { manifest, plan, locate };
}

/**
 * Loads a manifest, YAML or JSON.
 *
 * @throws CcaRimError as {@link readManifestText} and {@link resolveManifest} do
 */
export async function loadManifest(
  text: string,
  fileName: string,
  access: FileAccess,
  options: LoadOptions = {},
): Promise<LoadedManifest> {
  return resolveManifest(await readManifestText(text, fileName, access), access, options);
}
