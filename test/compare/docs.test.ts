import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/mismatch.md"), "utf8");
const examples = [...page.matchAll(/<!-- (golden\/[\w/.-]+) -->\n```\n([\s\S]*?)\n```\n/g)].map(
  ([, golden = "", text = ""]) => ({ golden, text }),
);

test.each(examples)("docs/mismatch.md shows what is printed: $golden", ({ golden, text }) => {
  expect(`${text}\n`).toBe(readFileSync(join(ROOT, golden), "utf8"));
});

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(2);
});
