/** Between an end by people and a reopening the phone stays awake: a page that sleeps cannot film again by itself. */

import { instant } from "./clock.js";
import { part } from "./view.js";

export class Standby {
  constructor(page) {
    this.page = page;
    this.running = false;
  }

  /** Whether people have ended the attempt, and may still open it again. */
  get mayReopen() {
    const { over, view, clock } = this.page;
    const until = !over && view && view.attempt ? instant(view.attempt.reopens_until) : null;
    return until !== null && clock.now() < until;
  }

  /** Recording has stopped: keep the screen on as long as it may begin again, or let the phone rest. */
  begin() {
    const { wake, shell } = this.page;
    shell.recording(false);
    this.running = this.mayReopen;
    if (this.running) wake.hold();
    else wake.release();
  }

  /** Let the phone rest once its time is over. Returns whether it ends now. */
  ends() {
    if (!this.running || this.mayReopen) return false;
    this.running = false;
    if (!this.page.recording.wanted) this.page.wake.release();
    return true;
  }

  /** Say in a step whether the phone is still needed. */
  say(root) {
    const waits = this.mayReopen;
    part(root, "reopens", waits);
    part(root, "over", !waits);
  }
}
