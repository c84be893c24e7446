/** Waiting times between retries. */

/** Doubles the wait with each failure and spreads it at random, so that many pages do not come back at once. */
export class Backoff {
  constructor({ firstMs = 500, mostMs = 30000 } = {}) {
    this._firstMs = firstMs;
    this._mostMs = mostMs;
    this.failures = 0;
  }

  /** Note a failure; returns how long to wait, from half of the step to all of it. */
  fail() {
    const step = Math.min(this._mostMs, this._firstMs * Math.pow(2, this.failures));
    this.failures += 1;
    return step * (0.5 + Math.random() / 2);
  }

  /** Note a success. */
  reset() {
    this.failures = 0;
  }
}
