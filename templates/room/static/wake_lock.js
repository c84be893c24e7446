/** Keeps the screen on while it is held; the browser lets go of a hidden page's lock, so it is asked for again. */
export class WakeLock {
  /** `onMissing()` is called where this browser cannot. */
  constructor(onMissing) {
    this.onMissing = onMissing;
    this.wanted = false;
    this.lock = null;
    document.addEventListener("visibilitychange", () => this.ask());
  }

  hold() {
    this.wanted = true;
    return this.ask();
  }

  async release() {
    this.wanted = false;
    const { lock } = this;
    this.lock = null;
    if (lock) await lock.release().catch(() => undefined);
  }

  async ask() {
    if (!this.wanted || document.hidden || (this.lock && !this.lock.released)) return;
    if (!navigator.wakeLock) {
      this.onMissing();
      return;
    }
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch (error) {
      // A low battery may refuse it: then the words are right.
      this.onMissing();
    }
    if (!this.wanted) this.release();
  }
}
