/** Writes bytes as hexadecimal digits. */

/** Return the lower-case hexadecimal digits of an ArrayBuffer or Uint8Array. */
export function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
