/** Says when something has lasted long enough to be reported. */

/** A condition that is reported once it has lasted for `afterMs`; 0 means never. */
export class Condition {
  constructor(code, afterMs) {
    this.code = code;
    this._afterMs = afterMs;
    this._since = null;
    this._reported = false;
  }

  /** Note whether it holds now; returns {began, ms} when that is to be reported, else null. */
  note(holds) {
    const now = performance.now();
    if (!holds) {
      const ended = this._reported ? { began: false, ms: Math.round(now - this._since) } : null;
      this._since = null;
      this._reported = false;
      return ended;
    }
    this._since = this._since === null ? now : this._since;
    if (this._afterMs === 0 || this._reported || now - this._since < this._afterMs) {
      return null;
    }
    this._reported = true;
    return { began: true, ms: Math.round(now - this._since) };
  }
}
