/**
 * `-object`: which kinds there are, and what each needs.
 *
 * @see QEMU qom/object_interfaces.c
 * @module
 */
import type { KeyValue } from "./key-values.ts";
import { propertyOf } from "./pci-slots.ts";
import { refuseArgument } from "./refusal.ts";

/** Objects that people can make, of all releases and series. */
const OBJECT_TYPES =
  /^(?:authz-.*|can-.*|colo-compare|cryptodev-.*|dbus-vmstate|filter-.*|igvm-cfg|input-.*|iommufd|iothread|main-loop|memory-backend-.*|pef-guest|pr-manager-helper|qtest|rme-guest|rng-.*|s390-pv-guest|secret(?:_keyring)?|sev.*guest|tdx-guest|thread-context|throttle-group|tls-.*|x-.*|acpi-.*)$/;
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_.-]*$/;

/**
 * Checks an object.
 *
 * @param index place of the argument in the line, counted from 0.
 * @throws CcaRimError HOST_ARGUMENT
 */
export function checkObject(
  type: string,
  id: string,
  properties: readonly KeyValue[],
  index: number,
): void {
  if (!OBJECT_TYPES.test(type)) {
    throw refuseArgument(`Parameter 'qom-type' does not accept value '${type}'`, index);
  }
  if (!IDENTIFIER.test(id)) throw refuseArgument("Parameter 'id' expects an identifier", index);
  if (type.startsWith("memory-backend-") && propertyOf(properties, "size") === undefined) {
    throw refuseArgument("Parameter 'size' is missing", index);
  }
}
