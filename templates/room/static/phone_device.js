/** This phone's key, and what it remembers: an ECDSA P-256 key that scripts can use and not read, in IndexedDB. */

import { sha256 } from "./hex.js";

const DATABASE = "oneseat-phone";
const STORE = "device";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const FORM = "oneseat/phone/v1";
const NOTHING = "-";

/** The key and the phone's id at the room of one exam. */
export class PhoneDevice {
  /** Open the store; makes the key with the first use. Rejects where this browser keeps nothing. */
  static async open(exam) {
    const database = await opened();
    const known = await done(database.transaction(STORE).objectStore(STORE).get(exam));
    const record = known || { exam, key: await crypto.subtle.generateKey(ALGORITHM, false, ["sign"]), phone: null };
    const device = new PhoneDevice(database, record);
    if (!known) await device.write();
    return device;
  }

  constructor(database, record) {
    this.database = database;
    this.record = record;
  }

  /** The id that the room gave this phone, or null. */
  get phone() {
    return this.record.phone;
  }

  /** Remember the room's id, or forget it (null). */
  remember(phone) {
    this.record.phone = phone;
    return this.write();
  }

  /** The public key: SPKI in base64url. */
  async publicKey() {
    return base64url(await crypto.subtle.exportKey("spki", this.record.key.publicKey));
  }

  /** Sign a nonce of the room for a purpose, "login" or "return"; `licence` is "" where there is none. */
  async prove(purpose, nonce, licence) {
    const phone = purpose === "return" ? this.record.phone : NOTHING;
    const lines = [FORM, purpose, this.record.exam, nonce, licence ? await sha256(licence) : NOTHING, phone];
    return base64url(await crypto.subtle.sign(SIGNATURE, this.record.key.privateKey, bytes(lines.join("\n"))));
  }

  async write() {
    const transaction = this.database.transaction(STORE, "readwrite");
    await done(transaction.objectStore(STORE).put(this.record));
  }
}

function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "exam" });
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function bytes(text) {
  return new TextEncoder().encode(text);
}

function base64url(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
