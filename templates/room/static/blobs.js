/** Reads blobs in browsers that are older than `Blob.arrayBuffer`, as those of old phones are. */

/** Resolve to a blob's bytes as an ArrayBuffer. Rejects where its file is lost. */
export function bytesOf(blob) {
  return new Response(blob).arrayBuffer();
}
