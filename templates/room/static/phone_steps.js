/** The phone's steps from the sweep to the end, and which of them it is at. */

import { instant } from "./clock.js";
import { UploadingStep } from "./step_uploading.js";
import { Still } from "./still.js";
import { fact, kind, on, part, write } from "./view.js";

const MEGABYTE = 1000000;
const SECOND = 1000;

/** When the phone stops: at the hand-in, or at the attempt's latest moment, whatever comes first; null while unknown. */
export function stopsAt({ record_until: until, handed_in_at: handedIn }) {
  const moments = [instant(until), instant(handedIn)].filter((moment) => moment !== null);
  return moments.length > 0 ? Math.min(...moments) : null;
}

/** The step of a view of the room at a moment of its clock. */
export function stepOf({ phone, attempt }, now) {
  if (!phone.live) return "moved";
  if (phone.consent_version === null) return "consent";
  if (attempt !== null && stopsAt(attempt) !== null && now >= stopsAt(attempt)) return "uploading";
  if (phone.checked_at === null) return "check";
  if (attempt === null) return "waiting";
  if (phone.swept_at === null) return "sweep";
  return phone.placed_at === null ? "place" : "filming";
}

/** A step with the camera's picture. */
class Seeing extends Still {
  constructor(page, root) {
    super(page, root);
    this.changed();
  }

  changed() {
    const { phone } = this.page.recording.media;
    const video = this.root.querySelector("video");
    if (video.srcObject === phone) return;
    video.srcObject = phone;
    video.play().catch(() => undefined);
  }
}

/** One slow turn, of at least `terms.sweep_s` seconds that were recorded. */
export class SweepStep extends Seeing {
  constructor(page, root) {
    super(page, root);
    this.began = null;
    fact(root, "sweep", String(page.view.terms.sweep_s));
    on(root, "begin", () => this.begin());
    on(root, "done", () => this.done());
    this.tick();
  }

  async begin() {
    this.began = null;
    await this.page.film();
    if (this.page.recording.running) this.began = performance.now();
    this.changed();
    this.tick();
  }

  get leftMs() {
    return this.began === null ? Infinity : this.page.view.terms.sweep_s * SECOND - (performance.now() - this.began);
  }

  /** Without a running take nothing counts: the turn begins again when the camera is back. */
  tick() {
    if (this.began !== null && !this.page.recording.running) this.began = null;
    const turning = this.began !== null;
    part(this.root, "before", !turning);
    part(this.root, "turning", turning && this.leftMs > 0);
    part(this.root, "turned", turning && this.leftMs <= 0);
    if (turning) write(this.root.querySelector('[data-count="sweep"]'), String(Math.max(0, Math.ceil(this.leftMs / SECOND))));
  }

  done() {
    const seconds = Math.floor((performance.now() - this.began) / SECOND);
    const { phone } = this.page.recording.recorders;
    if (phone) this.page.passed("sweep", { seconds, take: phone.take });
  }
}

/** Where it is put, by the picture that it gives from there. */
export class PlaceStep extends Seeing {
  constructor(page, root) {
    super(page, root);
    const form = root.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const missing = Array.from(form.querySelectorAll("input")).find((box) => !box.checked);
      root.querySelector('[data-fault="tick"]').hidden = !missing;
      if (missing) missing.focus();
      else page.passed("placed", {});
    });
  }
}

/** It films: a dark screen that says so, and what may be done. */
export class FilmingStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.tick();
    this.progress(page.backlog);
  }

  tick() {
    const { root, page } = this;
    const { permission, pc_silent: silent } = page.view;
    const until = permission && instant(permission.until);
    const permitted = Boolean(until) && page.clock.now() < until;
    part(root, "on", page.recording.running);
    part(root, "off", !page.recording.running);
    part(root, "permitted", permitted);
    part(root, "rule", !permitted);
    if (permitted) fact(root, "until", page.clock.wall(until));
    part(root, "pc-silent", Boolean(silent) && !permitted);
    part(root, "look", !silent && !permitted);
    const { battery } = page.shell.charge();
    part(root, "battery", battery !== null);
    fact(root, "battery", `${battery}%`);
  }

  progress(backlog) {
    if (!backlog) return;
    const behind = backlog.segments > 1;
    part(this.root, "left", behind);
    part(this.root, "sent", !behind);
    fact(this.root, "left", `${Math.max(0.1, backlog.bytes / MEGABYTE).toFixed(1)} MB`);
  }
}

/** The recording is on its way. */
export class SendingStep extends UploadingStep {
  constructor(page, root) {
    super(page, root);
    this.tick();
  }

  tick() {
    super.tick();
    this.page.standby.say(this.root);
  }
}

/** Another phone films; what this one has goes on to the room. */
export class MovedStep extends UploadingStep {
  constructor(page, root) {
    super(page, root);
    on(root, "login", () => page.logIn());
  }

  tick() {
    super.tick();
    const done = this.page.isAllSent;
    part(this.root, "all-sent", done);
    part(this.root, "going-on", !done);
  }
}

/** Everything has arrived. */
export class AllSentStep extends Still {
  constructor(page, root) {
    super(page, root);
    if (page.view.attempt) kind(root, page.view.attempt.kind);
    this.tick();
  }

  tick() {
    this.page.standby.say(this.root);
  }
}
