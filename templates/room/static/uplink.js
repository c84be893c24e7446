/** Measures the uplink by the uploads of the last minute and by those under way. */

const WINDOW_MS = 60000;
const MOST = 32;

export class Uplink {
  constructor() {
    this._uploads = [];
    this._flights = new Set();
  }

  /** Note that an upload of `bytes` begins; returns what `end()` wants. */
  begin(bytes) {
    const upload = { bytes, beganMs: performance.now(), endedMs: null };
    this._flights.add(upload);
    return upload;
  }

  /** Note that an upload has ended. One that did not arrive says nothing of the uplink. */
  end(upload, arrived) {
    this._flights.delete(upload);
    if (arrived) {
      upload.endedMs = performance.now();
      this._uploads = this._uploads.concat(upload).slice(-MOST);
    }
  }

  /** Bits per second over the time in which something was sent; null while nothing is known. */
  get bps() {
    const nowMs = performance.now();
    const recent = this._uploads.filter((upload) => upload.endedMs > nowMs - WINDOW_MS);
    if (recent.length === 0) {
      return null;
    }
    const counted = recent.concat(this._underWay(recent[recent.length - 1], nowMs));
    const bits = counted.reduce((sum, upload) => sum + upload.bytes * 8, 0);
    return Math.round((bits * 1000) / Math.max(1, busyMs(counted)));
  }

  /**
   * Return the uploads under way with the bytes that they have probably sent: a browser does not say. They share
   * the line with the newest one that ended, and so have its pace. Left out, two at once look half as fast.
   */
  _underWay(newest, nowMs) {
    const pace = newest.bytes / Math.max(1, newest.endedMs - newest.beganMs);
    return Array.from(this._flights).map(({ bytes, beganMs }) => {
      return { bytes: Math.min(bytes, (nowMs - beganMs) * pace), beganMs, endedMs: nowMs };
    });
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
