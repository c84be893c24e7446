/** The phone on the computer's page: its step, the line about its state, and the window with the code for another one. */

import { instant } from "./clock.js";
import { Still } from "./still.js";
import { explain, fact, notice, on, part } from "./view.js";

const RENEW_MS = 10000;
const FAULTS = ["silent", "not-recording", "not-resumed", "low-battery", "low-storage"];
const PREPARING = ["consent", "phone"];
const ENDED = ["uploading", "complete", "refused"];

/** The phone's step: a QR code, what to do, and whether the phone is there. */
export class PhoneStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.code = null;
    this.asking = false;
    this.seen = false;
    on(root, "without", () => page.passed("phone", { acknowledged: true }));
    on(root, "move-phone", () => page.phoneWindow.open());
    this.tick();
  }

  tick() {
    const { phone } = this.page;
    const present = Boolean(phone && phone.present);
    this.seen = this.seen || present;
    this.root.querySelector("[data-phone]").dataset.state = present ? "good" : this.seen ? "missing" : "closed";
    const late = this.page.gatesFallen();
    const warns = Boolean(phone) && phone.order === "warn";
    part(this.root, "without", (late || warns) && !present);
    part(this.root, "late", late);
    part(this.root, "warn", warns && !late);
    this.renew();
  }

  /** Ask for a code, and for the next one shortly before its end. */
  async renew() {
    const image = this.root.querySelector("[data-qr]");
    if (!image || this.asking || (this.code && this.page.clock.now() < instant(this.code.expires_at) - RENEW_MS)) return;
    this.asking = true;
    try {
      this.code = await this.page.call("phone/pair", {});
      drawCode(this.root, image, this.code, this.page.clock);
      part(this.root, "qr-coming", false);
      part(this.root, "qr-there", true);
      this.asking = false;
    } catch (error) {
      setTimeout(() => (this.asking = false), RENEW_MS);
    }
  }
}

/** The window that lets another phone take over. */
export class PhoneWindow {
  constructor(page) {
    this.page = page;
    this.root = document.getElementById("phone-move");
    on(this.root, "close", () => this.root.close());
  }

  async open() {
    part(this.root, "refused", false);
    part(this.root, "there", false);
    if (!this.root.open) this.root.showModal();
    try {
      const code = await this.page.call("phone/move", {});
      drawCode(this.root, this.root.querySelector("[data-qr]"), code, this.page.clock);
      fact(this.root, "digits", code.code);
      part(this.root, "there", true);
    } catch (error) {
      explain(this.root, error.problem || {});
      part(this.root, "refused", Boolean(error.problem));
    }
  }
}

/** Show a code's picture, which the policy lets in as a file of this page, and how long it is good. */
function drawCode(root, image, { svg, expires_at: expires }, clock) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  image.hidden = false;
  fact(root, "expires", clock.wall(instant(expires)));
}

/** Draw the line about the phone, and its fault where there is no permission to see to it. */
export function drawPhone(phone, step, permitted) {
  const line = document.getElementById("phone-line");
  const shown = Boolean(phone) && phone.order !== "off" && !PREPARING.includes(step) && !ENDED.includes(step);
  line.hidden = !shown;
  notice("phone-fault", shown && Boolean(phone.fault) && !permitted);
  if (!shown) return;
  line.dataset.state = phone.fault || !phone.present ? "off" : "good";
  part(line, "recording", phone.present && phone.recording);
  part(line, "present", phone.present && !phone.recording);
  part(line, "absent", !phone.present);
  part(line, "battery", phone.present && phone.battery !== null);
  part(line, "charging", phone.present && Boolean(phone.charging));
  part(line, "backlog", phone.present && phone.backlog_mib > 0);
  fact(line, "battery", `${phone.battery}%`);
  fact(line, "backlog", `${phone.backlog_mib} MB`);
}

/** Name a phone's fault in a place that has the words of all. */
export function nameFault(root, code) {
  for (const known of FAULTS) part(root, `fault-${known}`, known === code);
  part(root, "fault-other", !FAULTS.includes(code));
}
