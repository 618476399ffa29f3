/**
 * `verify`: an attestation token against what is expected of it.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { CheckName } from "../../evidence/checks.ts";
import type { Expectations } from "../../evidence/verify.ts";
import { type Command, type Context, defineCommand } from "../command.ts";

interface Chosen {
  readonly against: readonly string[];
  readonly "platform-key": readonly string[];
  readonly challenge: string | undefined;
  readonly "allow-unchecked": readonly string[];
}

/** A name of a check as one word. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, "-");
}

/** A name of a check as people write it: any case, blanks or dashes, several with commas. */
async function allowedOf(names: readonly string[]): Promise<readonly CheckName[]> {
  const { CHECK_NAMES } = await import("../../evidence/checks.ts");
  return names
    .flatMap((name) => name.split(","))
    .map((name) => {
      const found = CHECK_NAMES.find((known) => plain(known) === plain(name.trim()));
      if (found !== undefined) return found;
      throw new CcaRimError("USAGE_ARGUMENT", `--allow-unchecked: there is no check "${name}"`, {
        hint: `checks: ${CHECK_NAMES.map(plain).join(", ")}`,
      });
    });
}

async function challengeOf(text: string | undefined): Promise<Uint8Array | undefined> {
  if (text === undefined) return undefined;
  if (text.startsWith("@")) return (await import("../read-file.ts")).readBytes(text.slice(1));
  const { fromHex } = await import("../../bytes.ts");
  const { base64Bytes } = await import("../../reference/base64.ts");
  const bytes = text.startsWith("base64:")
    ? base64Bytes(text.slice("base64:".length))
    : fromHex(text.replace(/^(?:hex:|0x)/, ""));
  if (bytes !== undefined && bytes.length > 0) return bytes;
  throw new CcaRimError("USAGE_ARGUMENT", "--challenge must be hexadecimal digits", {
    hint: "or base64:TEXT, or @FILE with the bytes",
  });
}

async function expectationsOf(
  files: readonly string[],
  chosen: Chosen,
  { onProgress, warn }: Context,
): Promise<Expectations> {
  const { loadReferences } = await import("../load-references.ts");
  const { readPlatformKeys } = await import("../platform-keys.ts");
  const loaded = [];
  for (const file of [...files, ...chosen.against]) {
    const found = await loadReferences(file, onProgress);
    for (const warning of found.warnings) warn(warning);
    loaded.push(...found.references);
  }
  const keys = chosen["platform-key"];
  return {
    references: files.length + chosen.against.length === 0 ? undefined : loaded,
    platformKeys: keys.length === 0 ? undefined : keys.flatMap(readPlatformKeys),
    challenge: await challengeOf(chosen.challenge),
  };
}

/** The command. */
export const verify: Command = defineCommand({
  name: "verify",
  summary: "Verifies an attestation token against a launch manifest or reference values.",
  details: [
    "Every check is printed by name: ok, FAIL, or NOT CHECKED where something to compare with was not given. NOT CHECKED counts as a failure unless it is allowed by name.",
    "REFERENCE is a launch manifest (it is measured), a report of measure --json, a CoRIM, a CoMID template of cocli, Trustee reference values, a ccatoken store, or what export json wrote. With several, the token has to fit one of them.",
  ],
  operands: [
    {
      name: "TOKEN",
      summary: "CCA attestation token: tag 399, or a CMW collection",
      complete: "file",
    },
    {
      name: "REFERENCE",
      summary: "what the Realm should have measured",
      optional: true,
      many: true,
      complete: "file",
    },
  ],
  options: {
    against: {
      type: "string",
      value: "FILE",
      many: true,
      summary: "the same as REFERENCE",
      complete: "file",
    },
    "platform-key": {
      type: "string",
      value: "FILE",
      many: true,
      summary: "public key of the platform: JWK, PEM, or a ccatoken trust anchor store",
      complete: "file",
    },
    challenge: {
      type: "string",
      value: "HEX",
      summary: "the challenge that the token has to answer; base64:TEXT and @FILE do, too",
    },
    "allow-unchecked": {
      type: "string",
      value: "NAME",
      many: true,
      summary: "accept that this check could not be made, e.g. challenge",
      complete: async () => (await import("../../evidence/checks.ts")).CHECK_NAMES.map(plain),
    },
    ear: {
      type: "boolean",
      summary: "print the result in the shape of an EAR claims set; it is not signed",
    },
  },
  examples: [
    {
      line: "cca-rim verify token.cbor guest.yaml --platform-key cpak.pem --challenge 00112233",
      does: "makes every check; exits with 1 unless all are ok",
    },
    {
      line: "cca-rim verify token.cbor guest.corim --allow-unchecked challenge,platform-signature",
      does: "compares measurements only, and says so",
    },
  ],
  verdict: "the token does not verify, or a check was not made that is not allowed to be left out",
  async *run({ operands: [file = "", ...files], options }, context) {
    const { inFile, readBytes } = await import("../read-file.ts");
    const { readToken } = await import("../../evidence/token.ts");
    const { verdictOf } = await import("../../evidence/checks.ts");
    const { verifyToken } = await import("../../evidence/verify.ts");
    const { nodeVerifier } = await import("../../evidence/node-crypto.ts");
    const { nodeHashes } = await import("../../hash/node.ts");
    const allowed = await allowedOf(options["allow-unchecked"]);
    const token = inFile(file, () => readToken(readBytes(file)));
    const expectations = await expectationsOf(files, options, context);
    const found = verifyToken(token, expectations, { verifier: nodeVerifier, hashes: nodeHashes });
    const verdict = verdictOf(found.checks, allowed);
    if (options.ear) {
      const { earOf } = await import("../../evidence/ear.ts");
      const { packageVersion } = await import("../version.ts");
      const ear = earOf(token, found.checks, `cca-rim ${packageVersion()}`);
      yield `${JSON.stringify(ear, undefined, 2)}\n`;
    } else {
      const report = await import("../../report/verification.ts");
      const { jsonDocument } = await import("../../report/json.ts");
      yield context.json
        ? jsonDocument(report.verificationReport(token, found, verdict, allowed))
        : report.verificationText(found, verdict, context.style);
    }
    return verdict.passed ? 0 : 1;
  },
});
