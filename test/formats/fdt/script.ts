import { fromHex } from "../../../src/bytes.ts";
import { FdtEditor } from "../../../src/formats/fdt/edit.ts";
import { FdtRefusal } from "../../../src/formats/fdt/layout.ts";
import { openInto, pack } from "../../../src/formats/fdt/relocate.ts";
import { FdtSequentialWriter } from "../../../src/formats/fdt/writer.ts";

/** One call of libfdt: its name, then its arguments; values are hexadecimal. */
export type ScriptCall = readonly [op: string, ...args: (string | number)[]];

/** What a script leaves: libfdt's status of each call, and the buffer. */
export interface ScriptResult {
  readonly statuses: string[];
  readonly buffer: Uint8Array;
}

function bytes(text: string | number | undefined): Uint8Array {
  const value = fromHex(String(text ?? ""));
  if (value === undefined) throw new Error(`not hexadecimal: ${text}`);
  return value;
}

/** Runs calls through this project's writer and editor as they would run through libfdt. */
class ScriptRun {
  readonly statuses: string[] = [];
  #buffer: Uint8Array = new Uint8Array(0);
  #writer: FdtSequentialWriter | undefined;
  readonly #libfdt: string;

  constructor(libfdt: string) {
    this.#libfdt = libfdt;
  }

  get buffer(): Uint8Array {
    return this.#writer?.buffer ?? this.#buffer;
  }

  call([op, ...args]: ScriptCall): void {
    try {
      if (!this.#write(op, args) && !this.#relocate(op, args) && !this.#edit(op, args)) {
        throw new Error(`unknown call ${op}`);
      }
      this.statuses.push("ok");
    } catch (error) {
      if (!(error instanceof FdtRefusal)) throw error;
      this.statuses.push(error.status);
    }
  }

  #write(op: string, [a, b]: readonly (string | number)[]): boolean {
    if (op === "create") {
      this.#writer = new FdtSequentialWriter(Number(a), {
        libfdt: this.#libfdt,
        noNameDedup: b === 1,
      });
      return true;
    }
    const writer = this.#writer;
    if (writer === undefined) return false;
    if (op === "rsv") writer.addReservation(BigInt(a ?? 0), BigInt(b ?? 0));
    else if (op === "rsvend") writer.finishReservations();
    else if (op === "begin") writer.beginNode(String(a));
    else if (op === "prop") writer.property(String(a), bytes(b));
    else if (op === "endnode") writer.endNode();
    else if (op === "finish") {
      this.#buffer = writer.finish();
    } else return false;
    return true;
  }

  #relocate(op: string, [a, b]: readonly (string | number)[]): boolean {
    if (op === "load") {
      this.#buffer = new Uint8Array(Number(a));
      this.#buffer.set(bytes(b));
    } else if (op === "open") {
      const opened = new Uint8Array(Number(a));
      openInto(this.buffer, opened);
      this.#buffer = opened;
    } else if (op === "openself") {
      openInto(this.buffer, this.buffer);
      this.#buffer = this.buffer;
    } else if (op === "pack") {
      pack(this.buffer);
    } else return false;
    this.#writer = undefined;
    return true;
  }

  #edit(op: string, args: readonly (string | number)[]): boolean {
    const editor = new FdtEditor(this.buffer);
    if (op === "addrsv") editor.addReservation(BigInt(args[0] ?? 0), BigInt(args[1] ?? 0));
    else if (op === "delrsv") editor.delReservation(Number(args[0]));
    else {
      const [path, name, value] = args.map(String);
      const node = editor.findNode(path ?? "");
      if (op === "addnode") editor.addSubnode(node, name ?? "");
      else if (op === "set") editor.setProp(node, name ?? "", bytes(value));
      else if (op === "append") editor.appendProp(node, name ?? "", bytes(value));
      else if (op === "delprop") editor.delProp(node, name ?? "");
      else if (op === "nopprop") editor.nopProp(node, name ?? "");
      else if (op === "delnode") editor.delNode(node);
      else if (op === "nopnode") editor.nopNode(node);
      else return false;
    }
    return true;
  }
}

/** Runs a script, modelling that release of libfdt. */
export function runScript(calls: readonly ScriptCall[], libfdt = "1.6.1"): ScriptResult {
  const run = new ScriptRun(libfdt);
  for (const call of calls) run.call(call);
  return { statuses: run.statuses, buffer: run.buffer };
}
