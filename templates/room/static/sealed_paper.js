/** The sealed paper: kept in memory as it came, and opened with WebCrypto when the room hands out its key. */

const PURPOSE = "oneseat/paper/v1";

export class SealedPaper {
  /** @param {{onOpen: (paper: Object) => void, onMissing: () => void}} page what is opened, or does not fit its key */
  constructor(page) {
    this.page = page;
    this.sealed = null;
    this.key = null;
    this.last = Promise.resolve();
  }

  /** Take the box or the key out of an answer of the room, and open the paper once both are here. */
  take({ attempt, sealed, paper_key: key }) {
    if (sealed) {
      this.sealed = Object.assign({ kind: attempt.kind, session: attempt.session }, sealed);
      this.key = null;
    }
    if (!key || key === this.key) return;
    this.key = key;
    this.last = this.last.then(() => this.open(key));
  }

  /** A key without its box comes after a consent whose answer was lost, or of a spare paper: ask for the box. */
  async open(key) {
    const paper = this.sealed && (await decrypt(this.sealed, key).catch(() => null));
    if (paper) this.page.onOpen(paper);
    else {
      this.key = null;
      this.page.onMissing();
    }
  }
}

/** Rejects where the key is another box's, or the box was changed. */
async function decrypt({ exam, kind, session, variant, nonce, box }, key) {
  const secret = await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["decrypt"]);
  const associated = lengthPrefixed([PURPOSE, exam, kind, String(session), variant]);
  const way = { name: "AES-GCM", iv: bytes(nonce), additionalData: associated };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(way, secret, bytes(box))));
}

/** What a box is bound to: texts in UTF-8, each with its length before it in four bytes, big endian. */
function lengthPrefixed(parts) {
  const encoded = parts.map((part) => new TextEncoder().encode(part));
  const result = new Uint8Array(encoded.reduce((length, part) => length + 4 + part.length, 0));
  const view = new DataView(result.buffer);
  let at = 0;
  for (const part of encoded) {
    view.setUint32(at, part.length);
    result.set(part, at + 4);
    at += 4 + part.length;
  }
  return result;
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
}
