/** The invigilator's reminder above the page: tells the room when it is shown, and when the candidate has read it. */

import { fact, on } from "./view.js";

export class ReminderBar {
  /** `call(name, body)` calls the room, and rejects as `post` does. */
  constructor(call) {
    this.call = call;
    this.root = document.getElementById("reminder");
    this.current = null;
    /** What was read here, though the room may not know it yet. */
    this.read = new Set();
    this.sending = false;
    on(this.root, "read", () => this.dismiss());
    document.addEventListener("visibilitychange", () => this.tell());
    new ResizeObserver(() => this.measure()).observe(document.getElementById("alerts"));
  }

  /** Take over what a call's answer says: a reminder, or null; undefined where it says nothing of one. */
  hear(reminder) {
    if (reminder === undefined || this.call === null) return;
    this.current = reminder;
    this.draw();
    this.tell();
  }

  stop() {
    this.call = null;
    this.root.hidden = true;
  }

  draw() {
    const { root, current } = this;
    const isShown = current !== null && !this.read.has(current.id);
    if (isShown) {
      fact(root, "zh", current.zh);
      fact(root, "en", current.en);
    }
    root.hidden = !isShown;
  }

  dismiss() {
    this.read.add(this.current.id);
    this.draw();
    this.tell();
  }

  /** Tell the room what it does not know of the current one. What is lost is sent again after the next answer. */
  async tell() {
    const { current } = this;
    if (this.call === null || current === null || this.sending) return;
    const isRead = this.read.has(current.id);
    if (!isRead && (current.shown || document.visibilityState !== "visible")) return;
    this.sending = true;
    const answer = await this.call(isRead ? "reminder/read" : "reminder/shown", { id: current.id }).catch(() => null);
    this.sending = false;
    if (answer) this.hear(answer.reminder);
  }

  /** What sticks to the top of the page sticks below the alerts. */
  measure() {
    const { offsetHeight } = document.getElementById("alerts");
    document.documentElement.style.setProperty("--alerts", `${offsetHeight}px`);
  }
}
