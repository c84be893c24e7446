/** The step "uploading", of the computer's page and of the phone's: how much is left, and what to do where nothing moves. */

import { instant } from "./clock.js";
import { Still } from "./still.js";
import { fact, on, part } from "./view.js";

const MEGABYTE = 1000000;
const STUCK_MS = 60000;

export class UploadingStep extends Still {
  constructor(page, root) {
    super(page, root);
    const { attempt, clock } = page;
    const handedIn = instant(attempt.handed_in_at);
    part(root, "handed-in", handedIn !== null);
    sayEnded(root, page);
    if (handedIn !== null) fact(root, "handed-in", clock.wall(handedIn));
    const until = instant(attempt.upload_until);
    part(root, "until", until !== null);
    if (until !== null) fact(root, "until", `${clock.date(until)} ${clock.wall(until)}`);
    this.most = 0;
    this.least = Infinity;
    this.movedAt = performance.now();
    on(root, "retry", () => this.retry());
    this.progress(page.backlog);
  }

  retry() {
    this.movedAt = performance.now();
    part(this.root, "stuck", false);
    // What uploader and page do when the network is back: no waiting for the next attempt.
    dispatchEvent(new Event("online"));
  }

  progress(backlog) {
    if (!backlog) return;
    const { bytes, segments, faults, uplink_bps: uplink } = backlog;
    this.most = Math.max(this.most, bytes);
    if (bytes < this.least) this.movedAt = performance.now();
    this.least = Math.min(this.least, bytes);
    const done = segments ? 1 - bytes / Math.max(1, this.most) : 1;
    this.root.querySelector("[data-progress]").value = Math.round(100 * done);
    part(this.root, "left", segments > 0);
    part(this.root, "checking", segments === 0);
    fact(this.root, "left", `${Math.max(0.1, bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0)} MB`);
    part(this.root, "faulty", faults > 0);
    fact(this.root, "faults", String(faults));
    part(this.root, "minutes", Boolean(uplink));
    if (uplink) fact(this.root, "minutes", String(Math.max(1, Math.ceil((bytes * 8) / uplink / 60))));
  }

  tick() {
    part(this.root, "stuck", performance.now() - this.movedAt > STUCK_MS);
  }
}

/** Say that two persons have ended the attempt, or that another session takes its place, where it is so. */
export function sayEnded(root, { attempt, clock }) {
  const isEnded = attempt.handed_in_by === "chief";
  part(root, "ended", isEnded);
  part(root, "closable", !isEnded);
  if (isEnded) fact(root, "ended-at", clock.wall(instant(attempt.handed_in_at)));
  const { instead } = attempt;
  part(root, "repeated", Boolean(instead));
  if (!instead) return;
  const [login, starts] = [instant(instead.login_opens), instant(instead.starts_at)];
  fact(root, "instead-date", clock.date(starts));
  fact(root, "instead-login", clock.wall(login).slice(0, 5));
  fact(root, "instead-starts", clock.wall(starts).slice(0, 5));
}
