/**
 * RMI_RTT_MAP_UNPROTECTED: maps Non-secure memory at an unprotected IPA. Not measured.
 *
 * @see RMM 1.0-rel0 B4.3.19
 * @module
 */
import { type BitField, bits, extract, maskOf } from "../../formats/bitfields.ts";
import {
  edited,
  type Failure,
  granuleErrors,
  inputError,
  type RmiCommand,
  rttError,
} from "../command.ts";
import { entryOf, RTTE, rttLevelSize } from "../rtt.ts";
import type { NsDescriptor } from "../spec.ts";
import { EntryContext, walkLevel } from "./rtt-context.ts";
import { levelBound, unprotectedIpaErrors } from "./rtt-unprotected.ts";

type C = EntryContext<"RMI_RTT_MAP_UNPROTECTED">;

/** Output address without LPA2. */
const ADDRESS: BitField = bits(47, 12);
/** Output address with LPA2: bits 51:50 of the address are bits 9:8 of the descriptor. */
const ADDRESS_LPA2: readonly BitField[] = [bits(49, 12), bits(9, 8)];

/** Whether a host's descriptor has no other bits than it may have, whatever its level. */
function isValidDescriptor(
  desc: bigint,
  { attributes, reserved }: NsDescriptor,
  lpa2: boolean,
): boolean {
  const valid = maskOf([...attributes, ...(lpa2 ? ADDRESS_LPA2 : [ADDRESS])]);
  return (
    (desc & ~valid) === 0n && reserved.every(({ field, value }) => extract(desc, field) !== value)
  );
}

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  inputError(
    "attr_valid",
    ({ input, realm, rmm }) =>
      !isValidDescriptor(input.desc, rmm.spec.nsDescriptor, realm.featLpa2),
  ),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  levelBound<C>("level_bound"),
  inputError("addr_align", ({ input }) => {
    const address = input.desc & maskOf([bits(49, 12)]);
    return address % BigInt(rttLevelSize(input.level)) !== 0n;
  }),
  // Descriptors of a Realm without LPA2 have no room for such an address: attr_valid holds first.
  inputError("addr_bound", ({ input, realm }) => !realm.featLpa2 && input.desc >> 48n !== 0n),
  ...unprotectedIpaErrors<C>(["ipa_align", "ipa_bound"]),
  rttError("rtt_walk", (c) => c.walk.level < c.input.level, walkLevel),
  rttError("rtte_state", (c) => entryOf(c.walk) !== RTTE.UNASSIGNED_NS, walkLevel),
];

export const rttMapUnprotected: RmiCommand<"RMI_RTT_MAP_UNPROTECTED", C> = {
  name: "RMI_RTT_MAP_UNPROTECTED",
  section: "B4.3.19",
  context: EntryContext,
  failures: edited(page, [
    {
      move: "level_bound",
      before: "attr_valid",
      because: "runtime/rmi/rtt.c:748 checks the level before anything else",
    },
    {
      move: "attr_valid",
      before: "addr_align",
      because: "rtt.c:664: which bits are valid depends on the Realm",
    },
  ]),
  apply({ walk, input }) {
    walk.table.set(walk.index, RTTE.ASSIGNED_NS, Number(input.desc));
    return {};
  },
};
