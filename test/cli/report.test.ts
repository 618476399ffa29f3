import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SAMPLE = "golden/self/sample/launch.yaml";
const OTHER = "test/report/other-sample.yaml";

test("a page about a launch, the same bytes from everywhere", async () => {
  const target = join(newFolder(), "guest.html");
  const { code, stdout, stderr } = await run(["report", SAMPLE, "-o", target]);
  expect([code, stdout, stderr]).toEqual([0, "", ""]);
  const page = readFileSync(target, "utf8");
  const { stdout: again } = await run(["report", "--html", SAMPLE], {
    env: { TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8", COLUMNS: "40" },
  });
  expect(again).toBe(page);
  const { stdout: rim } = await run(["measure", "-q", SAMPLE]);
  expect(page).toContain(`<code class="hash">${rim.trim()}</code>`);
});

test("a page about two names the causes", async () => {
  const { code, stdout } = await run(["report", SAMPLE, OTHER]);
  expect(code).toBe(0);
  expect(stdout).toContain("explain the whole difference");
  expect(stdout).toMatch(/<strong>realm\.numBps<\/strong>/);
  expect(stdout).toContain("RMI_REALM_CREATE");
});

test("the data behind the pages follows its schema", async () => {
  for (const operands of [[SAMPLE], [SAMPLE, OTHER]]) {
    const { stdout } = await run(["report", "--json", ...operands]);
    const document = JSON.parse(stdout) as { readonly launches: readonly unknown[] };
    expect(violations("pages", document)).toEqual([]);
    expect(document.launches.length).toBe(operands.length);
  }
});

test("what cannot be measured has no page", async () => {
  const target = join(newFolder(), "guest.html");
  const { code, stderr } = await run(["report", "nowhere.yaml", "-o", target]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/no such file \[FILE_NOT_FOUND\]/);
  expect(() => readFileSync(target)).toThrow();
});
