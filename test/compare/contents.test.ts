import { expect, test } from "vitest";
import { compareContents } from "../../src/compare/compare-contents.ts";
import { type ManifestObject, newTools, planOf, STEPS, withSteps } from "./launches.ts";

const { evaluator } = newTools();

async function sideOf(manifest: ManifestObject) {
  const plan = await planOf(manifest);
  return { plan, launch: evaluator.recorder.record(plan) };
}

/** What the second step of two launches loads, compared; the RAM below is the same. */
async function compared(a: object, b: object) {
  const [one, other] = await Promise.all(
    [a, b].map((data) =>
      sideOf(
        withSteps(([ripas]) => [{ ...ripas }, { data: { ...data } }])({
          ...STEPS,
          files: { Image: { path: "Image" }, other: { path: "Image-other" } },
        }),
      ),
    ),
  );
  if (one === undefined || other === undefined) throw new Error("two launches are needed");
  return compareContents(one, other, evaluator, "sha-256");
}

const ipa = "0x80000000";
const fill = (byte: string, measure: boolean, size = "0x3000") => ({
  fill: byte,
  size,
  ipa,
  measure,
});

test("the same bytes, measured or not, are nothing that both have", async () => {
  const { effects, count } = await compared(fill("0x07", true), fill("0x07", false));
  expect(effects).toEqual([{ kind: "measured", label: "fill", a: true, b: false }]);
  expect(count).toEqual({ a: 3, b: 3, common: 0 });
});

test("other bytes count where both are measured only", async () => {
  const measured = await compared(fill("0x07", true), fill("0x08", true));
  expect(measured.effects).toMatchObject([{ kind: "content", pages: 3, of: 3 }]);
  expect(measured.count.common).toBe(0);
  const either = await compared(fill("0x07", true), fill("0x08", false));
  expect(either.effects.map(({ kind }) => kind)).toEqual(["measured"]);
  const neither = await compared(fill("0x07", false), fill("0x08", false));
  expect(neither).toEqual({ effects: [], count: { a: 3, b: 3, common: 3 } });
});

test("a file of another name at the same place is the same piece", async () => {
  const { effects, count } = await compared({ file: "Image", ipa }, { file: "other", ipa });
  expect(effects).toMatchObject([
    {
      kind: "content",
      label: "Image",
      pages: 1,
      first: {
        ipa: "0x80005432",
        offset: 0x5432,
        a: { file: "Image", offset: 0x5432 },
        b: { file: "other", offset: 0x5432 },
      },
    },
  ]);
  expect(count.common).toBe(count.a - 1);
});

test("what is longer shares its beginning", async () => {
  const { effects, count } = await compared(fill("0x07", true), fill("0x07", true, "0x5000"));
  expect(effects).toEqual([{ kind: "extent", label: "fill", a: 3, b: 5 }]);
  expect(count).toEqual({ a: 3, b: 5, common: 3 });
});
