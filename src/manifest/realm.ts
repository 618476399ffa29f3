/**
 * The `realm` part of a manifest.
 *
 * @module
 */
import { RPV_SIZE } from "../rmm/params.ts";
import type { Blame } from "./blame.ts";
import type { Manifest, RealmEntry } from "./manifest.ts";
import type { RealmFields } from "./plan.ts";
import { readBytes } from "./values.ts";

/** Length of a Realm Personalization Value in bytes. @see RMM 1.0-rel0 A7.1.4 */

/** What to write for a field, in hints. */
const EXAMPLES: Readonly<Record<string, string>> = {
  hashAlgo: "sha-256",
  s2sz: "33",
  numBps: "1",
  numWps: "1",
};

/** Without a VMM nobody else can know these; KVM takes breakpoints and watchpoints from the RMM. */
function requiredFields({ host }: Manifest): readonly (keyof RealmEntry)[] {
  if (host.vmm !== "none") return [];
  return host.hypervisor === "direct"
    ? ["hashAlgo", "s2sz", "numBps", "numWps"]
    : ["hashAlgo", "s2sz"];
}

function checkRequired(manifest: Manifest, blame: Blame): void {
  const missing = requiredFields(manifest).filter((field) => manifest.realm?.[field] === undefined);
  const [first] = missing;
  if (first === undefined) return;
  const examples = missing.map((field) => `${field}: ${EXAMPLES[field] ?? "..."}`).join(", ");
  throw blame(
    "MANIFEST_VALUE",
    manifest.realm === undefined ? "" : "/realm",
    `realm lacks ${missing.join(", ")}, which vmm "none" leaves to the manifest`,
    {
      hint: `add ${manifest.realm === undefined ? `realm: {${examples}}` : examples}`,
      part: "key",
    },
  );
}

/**
 * Resolves `realm`. For steps that go to the RMM as they are, everything that is absent is off and
 * zero; otherwise it stays undefined, and the host decides.
 *
 * @throws CcaRimError MANIFEST_VALUE
 */
export function resolveRealm(manifest: Manifest, blame: Blame): RealmFields {
  checkRequired(manifest, blame);
  const { rpv: rpvText, ...given } = manifest.realm ?? {};
  const rpv = new Uint8Array(RPV_SIZE);
  if (rpvText !== undefined) rpv.set(readBytes(rpvText, RPV_SIZE, "/realm/rpv", blame));
  if (manifest.host.hypervisor !== "direct")
    return rpvText === undefined ? given : { ...given, rpv };
  return {
    sveVl: 0,
    pmuNumCtrs: 0,
    ...given,
    rpv,
    flags: { lpa2: false, sve: false, pmu: false, ...given.flags },
  };
}
