/**
 * Fields of 64-bit registers as tables: name -> lowest bit and width.
 *
 * @module
 */

/** One field: bits `shift + width - 1 : shift`. */
export interface BitField {
  readonly shift: number;
  readonly width: number;
}

/** Shorthand for tables: bits `high:low`, as specifications write them. */
export function bits(high: number, low: number = high): BitField {
  return { shift: low, width: high - low + 1 };
}

function ones(field: BitField): bigint {
  return (1n << BigInt(field.width)) - 1n;
}

/** The value of one field of a register. The field is at most 53 bits wide. */
export function extract(register: bigint, field: BitField): number {
  return Number((register >> BigInt(field.shift)) & ones(field));
}

/** A field's value at its place in a register; bits of `value` that do not fit are dropped. */
export function insert(value: number, field: BitField): bigint {
  return (BigInt(value) & ones(field)) << BigInt(field.shift);
}

/** All bits that belong to one of `fields`. */
export function maskOf(fields: readonly BitField[]): bigint {
  return fields.reduce((mask, field) => mask | (ones(field) << BigInt(field.shift)), 0n);
}
