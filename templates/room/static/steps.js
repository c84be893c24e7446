/** The simple steps: consent, room, begin, waiting, hand-in, uploading, complete. Each has what room.js calls. */

import { listAnswers } from "./answer_list.js";
import { sha256 } from "./answers.js";
import { instant } from "./clock.js";
import { fact, on, part, span, write } from "./view.js";

const MEGABYTE = 1000000;
const STUCK_MS = 60000;

/** A step without any doing of its own. */
export class Still {
  constructor(page, root) {
    this.page = page;
    this.root = root;
  }

  tick() {}

  saved() {}

  progress() {}

  changed() {}

  takeChanged() {}

  leave() {}
}

export class ConsentStep extends Still {
  constructor(page, root) {
    super(page, root);
    const form = root.querySelector("form");
    form.addEventListener("submit", (event) => this.agree(event, form));
    on(root, "disagree", () => this.decline());
    on(root, "reconsider", () => this.turn(false));
  }

  async agree(event, form) {
    event.preventDefault();
    const fault = this.root.querySelector('[data-fault="tick"]');
    fault.hidden = form.agreed.checked;
    if (form.agreed.checked) this.page.consent(await this.version(), true, form.face.checked);
    else form.agreed.focus();
  }

  async decline() {
    this.turn(true);
    this.page.consent(await this.version(), false, false);
  }

  /** The SHA-256 of the words that were shown, without regard to white space: what was agreed to. */
  version() {
    return sha256(this.root.querySelector('[data-part="notice"]').textContent.replace(/\s+/g, ""));
  }

  turn(declined) {
    part(this.root, "notice", !declined);
    part(this.root, "declined", declined);
    window.scrollTo(0, 0);
    if (declined) this.root.querySelector('[data-part="declined"]').focus();
  }
}

export class RoomStep extends Still {
  constructor(page, root) {
    super(page, root);
    const form = root.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      root.querySelector('[data-fault="tick"]').hidden = form.rules.checked;
      if (form.rules.checked) page.passed("room", {});
      else form.rules.focus();
    });
    this.changed();
  }

  /** Show the camera's picture as it is now. */
  changed() {
    const video = this.root.querySelector("video");
    if (video.srcObject === this.page.recording.media.camera) return;
    video.srcObject = this.page.recording.media.camera;
    video.play().catch(() => undefined);
  }
}

export class BeginStep extends Still {
  constructor(page, root) {
    super(page, root);
    const { terms, attempt, clock } = page;
    span(root, "wait", terms.mock_wait_s);
    span(root, "answer", terms.mock_answer_s);
    this.last = instant(attempt.last_start);
    if (this.last !== null) fact(root, "last-start", clock.wall(this.last));
    on(root, "begin", () => page.begin());
    this.tick();
  }

  tick() {
    const late = this.last !== null && this.page.clock.now() > this.last;
    part(this.root, "too-late", late);
    this.root.querySelector('[data-act="begin"]').disabled = late;
  }
}

export class WaitingStep extends Still {
  constructor(page, root) {
    super(page, root);
    fact(root, "tail", String(page.terms.tail_s));
    this.tick();
  }

  /** The times are written again and again: a newer charter may move them. */
  tick() {
    const { root, page } = this;
    fact(root, "starts", page.clock.wall(page.startsAt()));
    fact(root, "ends", page.clock.wall(page.endsAt()));
    part(root, "fetching", page.clock.now() >= page.startsAt());
  }
}

export class HandInStep extends Still {
  constructor(page, root) {
    super(page, root);
    on(root, "hand-in", () => page.handIn("candidate"));
    this.saved();
    this.tick();
  }

  tick() {
    const left = this.page.endsAt() + this.page.terms.tail_s * 1000 - this.page.clock.now();
    write(this.root.querySelector('[data-count="hand-in"]'), String(Math.max(0, Math.ceil(left / 1000))));
    part(this.root, "counting", !this.page.handingIn);
    part(this.root, "sending", this.page.handingIn);
    this.root.querySelector('[data-act="hand-in"]').disabled = this.page.handingIn;
    if (left <= 0) this.page.handIn("clock");
  }

  saved() {
    listAnswers(this.root, this.page);
  }
}

export class UploadingStep extends Still {
  constructor(page, root) {
    super(page, root);
    const { attempt, clock } = page;
    const handedIn = instant(attempt.handed_in_at);
    part(root, "handed-in", handedIn !== null);
    if (handedIn !== null) fact(root, "handed-in", clock.wall(handedIn));
    showReceipt(root, attempt);
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
    const { bytes, segments, uplink_bps: uplink } = backlog;
    this.most = Math.max(this.most, bytes);
    if (bytes < this.least) this.movedAt = performance.now();
    this.least = Math.min(this.least, bytes);
    const done = segments ? 1 - bytes / Math.max(1, this.most) : 1;
    this.root.querySelector("[data-progress]").value = Math.round(100 * done);
    part(this.root, "left", segments > 0);
    part(this.root, "checking", segments === 0);
    fact(this.root, "left", `${Math.max(0.1, bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0)} MB`);
    part(this.root, "minutes", Boolean(uplink));
    if (uplink) fact(this.root, "minutes", String(Math.max(1, Math.ceil((bytes * 8) / uplink / 60))));
  }

  tick() {
    part(this.root, "stuck", performance.now() - this.movedAt > STUCK_MS);
  }
}

export class CompleteStep extends Still {
  constructor(page, root) {
    super(page, root);
    const at = instant(page.attempt.completed_at);
    fact(root, "completed", `${page.clock.date(at)} ${page.clock.wall(at)}`);
    showReceipt(root, page.attempt);
  }
}

/** The room names no further step: the page says which time has passed. */
export class RefusedStep extends Still {
  constructor(page, root) {
    super(page, root);
    const { attempt, clock } = page;
    const handedIn = attempt.handed_in_at !== null;
    const mockLate = !handedIn && attempt.kind === "mock" && attempt.starts_at === null;
    part(root, "upload-late", handedIn);
    part(root, "mock-late", mockLate);
    part(root, "over", !handedIn && !mockLate);
    if (mockLate) fact(root, "last-start", clock.wall(instant(attempt.last_start)));
  }
}

function showReceipt(root, { receipt }) {
  const number = receipt && receipt.number;
  part(root, "receipt", Boolean(number));
  if (number) fact(root, "receipt", number);
}
