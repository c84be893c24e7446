/** Writes bytes, and hashes of texts, as hexadecimal digits. */

/** Return the lower-case hexadecimal digits of an ArrayBuffer or Uint8Array. */
export function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The SHA-256 of a text's UTF-8, in hexadecimal. */
export async function sha256(text) {
  return hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
