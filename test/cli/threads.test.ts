/** The built command with helping threads: the same RIM, and helpers that really hash. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeLaunch, preload } from "./helpers-at-work.ts";
import { run } from "./run.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();

test.each(["sha-256", "sha-512"])(
  "every number of threads gives the same RIM, %s",
  async (algo) => {
    const { manifest } = makeLaunch(newFolder(), algo);
    const answers = await Promise.all(
      [["--threads", "1"], ["--threads", "2"], ["--threads", "5"], ["--hash", "noble"], []].map(
        async (options) => (await run(["measure", "-q", ...options, manifest])).stdout,
      ),
    );
    expect(answers[0]).toMatch(algo === "sha-256" ? /^[0-9a-f]{64}\n$/ : /^[0-9a-f]{128}\n$/);
    expect(new Set(answers).size).toBe(1);
  },
);

test("helpers of the built command hash", async () => {
  const folder = newFolder();
  const { manifest } = makeLaunch(folder, "sha-256");
  const { seen, env } = preload(folder);
  const alone = await run(["measure", "-q", "--threads", "1", manifest]);
  const together = await run(["measure", "-q", "--threads", "3", manifest], { env });
  expect(together).toEqual(alone);
  expect(existsSync(seen)).toBe(true);
});

test("a file that shrinks while several threads read it is an error", async () => {
  const folder = newFolder();
  const { manifest, image } = makeLaunch(folder, "sha-256");
  const { env } = preload(folder, `truncateSync(${JSON.stringify(image)}, 4096);`);
  const { code, stdout, stderr } = await run(["measure", "--threads", "2", manifest], { env });
  expect(stderr).toContain("[FILE_CHANGED]");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(readFileSync(image)).toHaveLength(4096);
});

test.each(["0", "65", "1.5", "-1", "many"])("--threads %s is refused", async (threads) => {
  const { manifest } = makeLaunch(newFolder(), "sha-256");
  const { code, stderr } = await run(["measure", `--threads=${threads}`, manifest]);
  expect(stderr).toContain("--threads takes 1 to 64");
  expect(code).toBe(2);
});
