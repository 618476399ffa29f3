import { FDT_TAG, FdtBlob } from "../../../src/formats/fdt/layout.ts";
import { countReservations, openInto, pack } from "../../../src/formats/fdt/relocate.ts";
import { nextTag } from "../../../src/formats/fdt/tags.ts";
import { FdtSequentialWriter } from "../../../src/formats/fdt/writer.ts";

const latin1 = new TextDecoder("latin1");

function textAt(bytes: Uint8Array, at: number): string {
  return latin1.decode(bytes.subarray(at, bytes.indexOf(0, at)));
}

/** Writes a blob's tokens again with the sequential writer; the tree must hold ASCII names. */
export function reemit(bytes: Uint8Array, bufferSize: number, libfdt: string): Uint8Array {
  const blob = new FdtBlob(bytes);
  const writer = new FdtSequentialWriter(bufferSize, { libfdt });
  const entries = blob.get("offMemRsvmap");
  for (let i = 0; i < countReservations(blob); i++) {
    writer.addReservation(
      blob.view.getBigUint64(entries + 16 * i),
      blob.view.getBigUint64(entries + 16 * i + 8),
    );
  }
  writer.finishReservations();
  for (let at = 0; ; ) {
    const { tag, next } = nextTag(blob, at);
    const here = blob.get("offStruct") + at;
    if (tag === FDT_TAG.beginNode) writer.beginNode(textAt(bytes, here + 4));
    if (tag === FDT_TAG.endNode) writer.endNode();
    if (tag === FDT_TAG.prop) {
      const name = textAt(bytes, blob.get("offStrings") + blob.view.getUint32(here + 8));
      const length = blob.view.getUint32(here + 4);
      writer.property(name, bytes.subarray(here + 12, here + 12 + length));
    }
    if (tag === FDT_TAG.end) return writer.finish();
    at = next;
  }
}

/** What kvmtool measures: the tree finished in one 64 KiB buffer, opened and packed in another. */
export function asKvmtool(bytes: Uint8Array, libfdt: string): Uint8Array {
  const opened = new Uint8Array(0x10000);
  openInto(reemit(bytes, opened.length, libfdt), opened);
  pack(opened);
  return opened;
}
