import { createPrivateKey } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EcCurve } from "../../src/formats/cose.ts";
import { TEST_JWK } from "../evidence/keys.ts";
import { run } from "./run.ts";
import { scenes, writeToken } from "./scene.ts";

const { scene } = scenes();

describe("signed CoRIM", () => {
  // Made with OpenSSL for the keys of keys.ts: P-256's alone, the others' with their issuer's.
  const chainOf = (curve: EcCurve): string =>
    join(import.meta.dirname, `../evidence/chain-p${curve.slice(2)}.pem`);
  const CHAIN = chainOf("P-256");

  const KEYS: readonly (readonly [EcCurve, string, string])[] = (
    [
      ["P-256", "ES256"],
      ["P-384", "ES384"],
      ["P-521", "ES512"],
    ] as const
  ).flatMap(([curve, algorithm]) => {
    const jwk = { key: { ...TEST_JWK[curve] }, format: "jwk" } as const;
    const pem = (type: "pkcs8" | "sec1"): string =>
      String(createPrivateKey(jwk).export({ type, format: "pem" }));
    return [JSON.stringify(TEST_JWK[curve]), pem("pkcs8"), pem("sec1")].map(
      (text) => [curve, algorithm, text] as const,
    );
  });

  test.each(KEYS)("%s signs with %s", async (curve, algorithm, text) => {
    const { folder, manifest } = await scene();
    const [key, file, plain] = ["key", "signed.corim", "plain.corim"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    writeFileSync(key, text);
    const env = { SOURCE_DATE_EPOCH: "1700000000" };
    const dated = ["export", "corim", manifest, "--valid-days", "30"];
    const signing = ["--key", key, "--chain", chainOf(curve), "--signer", "ACME"];
    expect((await run([...dated, "-o", plain], { env })).code).toBe(0);
    expect((await run([...dated, ...signing, "-o", file], { env })).code).toBe(0);
    // Apart from the signature, the same launch gives the same bytes: these are in it.
    expect(readFileSync(file).includes(readFileSync(plain))).toBe(true);
    expect((await run(["lint", file])).stdout).toContain("no findings");
    const { stdout } = await run(["inspect", file]);
    expect(stdout).toContain(`(${algorithm})`);
    expect(stdout).toMatch(/not after \(1\): tag 1 1702592000 \(2023-12-14T22:13:20Z\)/);
  });

  test("is accepted, and its signature verifies with the certificate in it", async () => {
    expect(existsSync(CHAIN)).toBe(true);
    const { folder, manifest } = await scene();
    const key = join(folder, "key.jwk");
    writeFileSync(key, JSON.stringify(TEST_JWK["P-256"]));
    const file = join(folder, "signed.corim");
    const args = ["--key", key, "--chain", CHAIN, "--signer", "ACME", "-o", file];
    expect((await run(["export", "corim", manifest, ...args])).code).toBe(0);
    expect((await run(["lint", file])).stdout).toContain("no findings");
    const { stdout } = await run(["lint", "--compat", "veraison", file]);
    expect(stdout).toContain("accept: signed, with a signing certificate");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect((await run(["lint", file])).stdout).toContain("[signature]");
    const token = writeToken(await scene());
    const refused = await run(["verify", token, file]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("the signature is not"),
    ]);
  });

  test("needs a name, the right certificate, and the format corim", async () => {
    const { folder, manifest } = await scene();
    const key = join(folder, "key.jwk");
    writeFileSync(key, JSON.stringify(TEST_JWK["P-384"]));
    const mixed = join(folder, "mixed.pem");
    writeFileSync(mixed, [chainOf("P-384"), CHAIN].map((file) => readFileSync(file)).join("\n"));
    const out = ["-o", join(folder, "x")];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["export", "corim", manifest, "--key", key, ...out], "give --signer"],
      [
        ["export", "corim", manifest, "--key", key, "--chain", CHAIN, ...out],
        "not for the signing key",
      ],
      [["export", "json", manifest, "--key", key, ...out], "--key signs a CoRIM"],
      [["export", "corim", manifest, "--key", manifest, ...out], "[COSE_KEY]"],
      [["export", "corim", manifest, "--key", key, "--chain", key, ...out], "no certificate"],
      [["export", "corim", manifest, "--chain", CHAIN, ...out], "give --key"],
      [["export", "corim", manifest, "--key", key, "--chain", mixed, ...out], "is not signed by"],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await run(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});
