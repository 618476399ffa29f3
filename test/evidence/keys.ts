/** Keys of these tests alone. */
import type { EcSigner } from "../../src/evidence/crypto.ts";
import { signerFromText } from "../../src/evidence/node-crypto.ts";
import type { EcCurve } from "../../src/formats/cose.ts";

/** One private key for each curve, as JWK. */
export const TEST_JWK: Readonly<Record<EcCurve, Readonly<Record<string, string>>>> = {
  "P-256": {
    kty: "EC",
    x: "ym4kZ5qdF-xFVa670Vk46EGvOjKMDCFxSSA36wB05Us",
    y: "Rg5iq7vA-k-4pB7ZSCpn6G34l4D-QflmGpn1SVE4pZE",
    crv: "P-256",
    d: "pGv1OsGTAVGwa8X5RhuhHpPzLI4fhu4P7Rb2reWolhs",
  },
  "P-384": {
    kty: "EC",
    x: "W4FfLq3HxdQOaZOdEhEUbOSggVcXdv48t30KatYwEgubhoLs-qErA8G4VTnJA5nL",
    y: "cn3U6zvprvA3ULMrKR6hcuNiNJzu7bJIVodhReZVg73XtF71TnEmytuQ_1lOrdWt",
    crv: "P-384",
    d: "AA7kkl-hGzRRFofUHobsFf8iczVtczMzqf2jOw-tfL9uMGJHPFRLpPClPpr3Cwbo",
  },
  "P-521": {
    kty: "EC",
    x: "AO4IW_5_eJGCo6vdgyJ5u4JsWNeRUEXDnIeRtKhO1R-wHimySg3nC2SDly0tWNPZ_cTih_DtfmcRhNrwQlsx9GTh",
    y: "AHLReSeDJ1jVAOtyn7xfd79F4YFHVz5IVqK3uxTqwLdYi_LbPwwx0fNjzSJm6TtINLngm_MrtN801XDFZ1x3ngfg",
    crv: "P-521",
    d: "AZdRFGVuGWTOcy_n-uvAQJo32u7sEJNxodleXueXOvkDXXVtC1UiCyQScVQqSlQWFpXzrLL35aLW6GnoZjquc8f3",
  },
};

/** A signer for each curve. */
export function testSigner(curve: EcCurve): EcSigner {
  return signerFromText(JSON.stringify(TEST_JWK[curve]), curve);
}
