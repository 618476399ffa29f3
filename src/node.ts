/**
 * What Node adds to the library: hashing by OpenSSL, files read piece by piece.
 *
 * @module
 */
export { nodeHashes } from "./hash/node.ts";
export { NodeFiles } from "./manifest/node-files.ts";
