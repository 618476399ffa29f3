/**
 * What the structures and registers of each version look like, transcribed from TF-RMM's headers
 * (lib/smc/include/smc-rmi.h, lib/arch/include/arch.h), as text that is easy to compare.
 */
import type { BitField } from "../../src/formats/bitfields.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";

type Places = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, { readonly offset: number; readonly size: number }>>;

/** Offset and size of every field, in hexadecimal. */
export const places = (fields: unknown): Places =>
  Object.fromEntries(
    Object.entries(fields as Fields).map(([name, { offset, size }]) => [
      name,
      `${offset.toString(16)}+${size.toString(16)}`,
    ]),
  );

const bitText = ({ shift, width }: BitField): string =>
  width === 1 ? `${shift}` : `${shift + width - 1}:${shift}`;

/** "name high:low" of every field, lowest bit first. */
const registerText = (fields: object): string =>
  Object.entries(fields as Readonly<Record<string, BitField>>)
    .sort(([, a], [, b]) => a.shift - b.shift)
    .map(([name, field]) => `${name} ${bitText(field)}`)
    .join(", ");

/** The parts of a version that are not conditions. */
export interface Shape {
  readonly realmParams: Places;
  readonly recParams: Places;
  readonly realmMeasured: string;
  readonly recMeasured: string;
  readonly mpidr: string;
  readonly registers: readonly string[];
  /** Hash algorithms by their encoding. */
  readonly hashAlgos: string;
  /** Attributes in NS descriptors; reserved values. */
  readonly ns: string;
  readonly abis: string;
  /** Fields of its own that have no table. */
  readonly facts: string;
}

/** The shape that a version's specification in the model has. */
export function shapeOf(spec: RmmSpec): Shape {
  const { attributes, reserved, foldsMixedAttributes } = spec.nsDescriptor;
  const values = reserved.map(({ field, value }) => `${bitText(field)} = ${value}`);
  return {
    realmParams: places(spec.realmParams.fields),
    recParams: places(spec.recParams.fields),
    realmMeasured: spec.realmParamsMeasured.join(" "),
    recMeasured: spec.recParamsMeasured.join(" "),
    mpidr: registerText(spec.mpidr),
    registers: spec.featureRegisters.map(registerText),
    hashAlgos: spec.hashAlgos.join(" "),
    ns: `${attributes.map(bitText).join(" ")}; not ${values.join(", ")}`,
    abis: spec.abis.map((abi) => `${abi >> 16n}.${abi & 0xffffn}`).join(" "),
    facts: [
      `${Object.keys(spec.commands).length} commands`,
      `aux ${spec.recAuxCount}`,
      `blocks from level ${spec.minBlockLevel}`,
      `${spec.maxOperations} operations`,
      `debug counts: ${spec.debugCounts}`,
      ...(foldsMixedAttributes ? ["folds mixed attributes"] : []),
      ...(spec.showsDestroyedAddress ? ["shows destroyed addresses"] : []),
    ].join(", "),
  };
}

const REALM: Places = {
  flags: "0+8",
  s2sz: "8+4",
  sve_vl: "10+4",
  num_bps: "18+4",
  num_wps: "20+4",
  pmu_num_ctrs: "28+4",
  hash_algo: "30+1",
  rpv: "400+40",
  rtt_base: "808+8",
  rtt_level_start: "810+8",
  rtt_num_start: "818+4",
};
const PLANES: Places = {
  num_aux_planes: "38+4",
  ats_plane: "440+8",
  flags1: "820+8",
  aux_rtt_base: "f80+18",
};
const REC: Places = { flags: "0+8", mpidr: "100+8", pc: "200+8", gprs: "300+40" };

const REL0: Shape = {
  realmParams: { ...REALM, vmid: "800+2" },
  recParams: { ...REC, num_aux: "800+8", aux: "808+80" },
  realmMeasured: "flags s2sz sve_vl num_bps num_wps pmu_num_ctrs hash_algo",
  recMeasured: "flags pc gprs",
  mpidr: "aff0 3:0, aff1 15:8, aff2 23:16, aff3 31:24",
  registers: [
    "s2sz 7:0, lpa2 8, sveEn 9, sveVl 13:10, numBps 19:14, numWps 25:20, pmuEn 26, " +
      "pmuNumCtrs 31:27, hashSha256 32, hashSha512 33, gicv3NumLrs 37:34, maxRecsOrder 41:38",
  ],
  hashAlgos: "sha-256 sha-512",
  ns: "4:2 7:6; not 4:2 = 4",
  abis: "1.0",
  facts: "20 commands, aux 16, blocks from level 1, 0 operations, debug counts: count-minus-1",
};

const EAC5: Shape = {
  ...REL0,
  mpidr: "aff0 3:0, aff1 15:8, aff2 23:16, aff3 39:32",
  registers: [
    "s2sz 7:0, sveEn 9, sveVl 13:10, numBps 17:14, numWps 21:18, pmuEn 22, pmuNumCtrs 27:23, " +
      "hashSha256 28, hashSha512 29",
  ],
  ns: "4:2 7:6 9:8; not 4:2 = 4, 9:8 = 1",
  facts:
    "20 commands, aux 16, blocks from level 2, 0 operations, debug counts: count, folds mixed attributes",
};

const V1_1: Shape = {
  ...REL0,
  realmParams: { ...REL0.realmParams, ...PLANES, mecid: "828+8", aux_vmid: "f00+6" },
  registers: [
    `${REL0.registers[0]}, daEn 42, rttPlane 44:43, maxNumAuxPlanes 48:45, rttS2apIndirect 49`,
    "maxMecid 31:0",
  ],
  abis: "1.0 1.1",
  facts: `${REL0.facts}, shows destroyed addresses`,
};

const V2_0: Shape = {
  ...V1_1,
  realmParams: { ...REALM, ...PLANES },
  recParams: REC,
  registers: [
    "s2sz 7:0, lpa2 8, sveEn 9, sveVl 13:10, numBps 19:14, numWps 25:20",
    "granSz4k 0, granSz16k 1, granSz64k 2, hashSha256 3, hashSha384 4, hashSha512 5, " +
      "maxRecsOrder 9:6, l0gptsz 13:10, pps 16:14",
    "daEn 0, daCoh 1, vsmmu 2, ats 3, maxVdevsOrder 7:4, vdevKrou 8, nonTeeStream 9",
    "maxNumAuxPlanes 3:0, rttPlane 5:4, rttS2apIndirect 6",
    "mecCount 31:0",
  ],
  hashAlgos: "sha-256 sha-512 sha-384",
  abis: "2.0",
  facts: V1_1.facts.replace("20 commands", "22 commands").replace("0 operations", "160 operations"),
};

/** By version. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  "1.0-eac5": EAC5,
  "1.0-rel0": REL0,
  "1.1": V1_1,
  "2.0": V2_0,
};
