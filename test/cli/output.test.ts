import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Answer, ExitCode } from "../../src/cli/command.ts";
import { deliver, fileSink, type Sink, streamSink, textOnly } from "../../src/cli/output.ts";
import { run, start } from "./run.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();

async function* answer(pieces: Iterable<string | Uint8Array>, code: ExitCode = 0): Answer {
  yield* pieces;
  return code;
}

function recorder(takes = Number.POSITIVE_INFINITY): {
  sink: Sink;
  taken: (string | Uint8Array)[];
} {
  const taken: (string | Uint8Array)[] = [];
  const sink: Sink = {
    write: (piece) => {
      if (taken.length >= takes) return Promise.resolve(false);
      taken.push(piece);
      return Promise.resolve(true);
    },
    close: () => undefined,
    discard: () => undefined,
  };
  return { sink, taken };
}

describe("an answer flows into a sink", () => {
  test("small pieces of text together, bytes as they are, in order", async () => {
    const { sink, taken } = recorder();
    const bytes = new Uint8Array([1, 2]);
    expect(await deliver(answer(["a", "", "b", bytes, "c"], 1), sink, true)).toBe(1);
    expect(taken).toEqual(["ab", bytes, "c"]);
  });

  test("no more than a batch ahead of the reader", async () => {
    let asked = 0;
    let written = 0;
    let furthest = 0;
    function* lines(): Generator<string> {
      for (; asked < 5000; asked++) yield `${"x".repeat(99)}\n`;
    }
    const sink: Sink = {
      write: (piece) => {
        written += piece.length;
        furthest = Math.max(furthest, asked * 100 - written);
        return Promise.resolve(true);
      },
      close: () => undefined,
      discard: () => undefined,
    };
    await deliver(answer(lines()), sink, false);
    expect(written).toBe(500_000);
    expect(furthest).toBeLessThanOrEqual(200);
  });

  test("a closed pipe ends an answer without a verdict", async () => {
    const { sink, taken } = recorder(1);
    let ended = false;
    function* endless(): Generator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(1);
      } finally {
        ended = true;
      }
    }
    expect(await deliver(answer(endless()), sink, false)).toBe(0);
    expect(taken).toHaveLength(1);
    expect(ended).toBe(true);
  });

  test("a closed pipe does not change a verdict", async () => {
    const { sink } = recorder(1);
    const pieces = [new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)];
    expect(await deliver(answer(pieces, 1), sink, true)).toBe(1);
  });
});

function brokenStream(code: string): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
  });
}

describe("a stream", () => {
  test("that nobody reads any more is no error", async () => {
    const sink = streamSink(brokenStream("EPIPE"));
    expect(await sink.write("x")).toBe(false);
    expect(await sink.write("y")).toBe(false);
  });

  test("that cannot take the answer is one", async () => {
    const sink = streamSink(brokenStream("ENOSPC"));
    await expect(sink.write("x")).rejects.toMatchObject({ code: "USAGE_OUTPUT" });
  });

  test("is waited for", async () => {
    let pending: (() => void) | undefined;
    const slow = new Writable({
      write: (_chunk, _encoding, done) => {
        pending = done;
      },
    });
    let taken = false;
    const writing = streamSink(slow)
      .write("x")
      .then(() => {
        taken = true;
      });
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(false);
    pending?.();
    await writing;
    expect(taken).toBe(true);
  });
});

describe("a file", () => {
  test("appears when it is complete", async () => {
    const folder = newFolder();
    const path = join(folder, "out");
    const sink = fileSink(path);
    await sink.write("half");
    expect(existsSync(path)).toBe(false);
    await sink.write(new Uint8Array([33]));
    sink.close();
    expect(readFileSync(path, "utf8")).toBe("half!");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  test("stays as it was when the work fails", async () => {
    const folder = newFolder();
    const path = join(folder, "out");
    writeFileSync(path, "old");
    const sink = fileSink(path);
    await sink.write("new");
    sink.discard();
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  test("keeps its mode, and a link keeps pointing to it", async () => {
    const folder = newFolder();
    const path = join(folder, "out");
    const link = join(folder, "link");
    writeFileSync(path, "old");
    chmodSync(path, 0o640);
    symlinkSync("out", link);
    const sink = fileSink(link);
    await sink.write("new");
    sink.close();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test.each([
    [
      "in a missing folder",
      (folder: string) => join(folder, "no", "out"),
      /there is no folder .*no$/,
    ],
    ["that is a folder", (folder: string) => folder, /it is a folder$/],
    ["below a file", (folder: string) => join(folder, "file", "out"), /cannot write to/],
  ])("%s is refused", (_, place, message) => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    expect(() => fileSink(place(folder))).toThrowError(
      expect.objectContaining({ code: "USAGE_OUTPUT", message: expect.stringMatching(message) }),
    );
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

test("bytes do not go to a terminal, text does", async () => {
  const path = join(newFolder(), "out");
  const sink = textOnly(fileSink(path));
  expect(await sink.write("text")).toBe(true);
  expect(() => sink.write(Uint8Array.of(0x1b))).toThrowError(
    expect.objectContaining({ code: "USAGE_OUTPUT", hint: expect.stringContaining("-o FILE") }),
  );
  sink.close();
  expect(readFileSync(path, "utf8")).toBe("text");
});

describe("-o", () => {
  test("writes what standard output would show, and prints nothing", async () => {
    const folder = newFolder();
    const path = join(folder, "list");
    const [plain, aside] = await Promise.all([run(["schema"]), run(["schema", "-o", path])]);
    expect(plain.stdout).not.toBe("");
    expect(aside).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(path, "utf8")).toBe(plain.stdout);
    expect(readdirSync(folder)).toEqual(["list"]);
  });

  test("- is standard output", async () => {
    const cwd = newFolder();
    expect(await run(["schema", "-o", "-"], { cwd })).toEqual(await run(["schema"]));
    expect(readdirSync(cwd)).toEqual([]);
  });

  test("into a missing folder says so", async () => {
    const cwd = newFolder();
    const { code, stdout, stderr } = await run(["schema", "-o", "no/list"], { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "cca-rim: cannot write to no/list: there is no folder no [USAGE_OUTPUT]\n" +
        "hint: create it first: mkdir -p no\n",
    );
  });

  test("leaves nothing behind when the command fails", async () => {
    const cwd = newFolder();
    writeFileSync(join(cwd, "old"), "old");
    const { code } = await run(["replay", "no-such.json", "-o", "old"], { cwd });
    expect(code).toBe(2);
    expect(readdirSync(cwd)).toEqual(["old"]);
    expect(readFileSync(join(cwd, "old"), "utf8")).toBe("old");
  });

  test.skipIf(process.platform === "win32")("to a device writes to the device", async () => {
    const { code, stderr } = await run(["schema", "-o", "/dev/null"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(statSync("/dev/null").isFile()).toBe(false);
  });
});

test("under --json -o, an error is still a document on standard output", async () => {
  const cwd = newFolder();
  const { code, stdout } = await run(["replay", "none.json", "--json", "-o", "x"], { cwd });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "FILE_NOT_FOUND" } });
  expect(readdirSync(cwd)).toEqual([]);
});

test.skipIf(!existsSync("/dev/full"))("a full disk is an error, not silence", async () => {
  const full = openSync("/dev/full", "w");
  const child = start(["schema"], { stdout: full });
  let stderr = "";
  child.stderr?.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  closeSync(full);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^cca-rim: cannot write to standard output: .* \[USAGE_OUTPUT\]\n/);
});
