/** Measures the uplink by the uploads of the last minute. */

const WINDOW_MS = 60000;
const MOST = 32;

/** Keeps the newest uploads only. */
export class Uplink {
  constructor() {
    this._uploads = [];
  }

  /** Note an upload of `bytes` that began at `beganMs` on the steady clock and has just ended. */
  add(bytes, beganMs) {
    this._uploads.push({ bytes, beganMs, endedMs: performance.now() });
    this._uploads = this._uploads.slice(-MOST);
  }

  /** Bits per second over the time in which something was sent; null while nothing is known. */
  get bps() {
    const oldest = performance.now() - WINDOW_MS;
    const recent = this._uploads.filter((upload) => upload.endedMs > oldest);
    const bits = recent.reduce((sum, upload) => sum + upload.bytes * 8, 0);
    return bits === 0 ? null : Math.round((bits * 1000) / Math.max(1, busyMs(recent)));
  }
}

/** Return the length of the union of the uploads' times: two at once share one uplink. */
function busyMs(uploads) {
  const sorted = uploads.slice().sort((one, other) => one.beganMs - other.beganMs);
  let until = 0;
  return sorted.reduce((sum, { beganMs, endedMs }) => {
    const added = Math.max(0, endedMs - Math.max(beganMs, until));
    until = Math.max(until, endedMs);
    return sum + added;
  }, 0);
}
