/** The simple steps: room, begin, waiting, hand-in, complete. Each has what room.js calls. */

import { listAnswers } from "./answer_list.js";
import { instant } from "./clock.js";
import { UploadingStep, sayEnded } from "./step_uploading.js";
import { Still } from "./still.js";
import { fact, on, part, span, write } from "./view.js";

export class RoomStep extends Still {
  constructor(page, root) {
    super(page, root);
    for (const by of ["sent", "carried"]) part(root, `identity-${by}`, page.attempt.identity === by);
    const form = root.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      root.querySelector('[data-fault="tick"]').hidden = form.rules.checked;
      if (form.rules.checked) page.passed("room", this.goesWithout ? { acknowledged: true } : {});
      else form.rules.focus();
    });
    this.changed();
  }

  /** Whether the phone has to film, and does not yet; the room decides. */
  get lacksPhone() {
    const { phone } = this.page;
    return Boolean(phone) && phone.order !== "off" && !(phone.placed && phone.recording);
  }

  /** Whether who goes on now does so without the phone, which is recorded. */
  get goesWithout() {
    return this.lacksPhone && (this.page.phone.order === "warn" || this.page.gatesFallen());
  }

  tick() {
    part(this.root, "phone-missing", this.lacksPhone && !this.goesWithout);
    part(this.root, "phone-without", this.goesWithout);
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
    on(root, "leave", () => page.support.leave());
    this.tick();
  }

  /** The times are written again and again: a newer charter may move them. */
  tick() {
    const { root, page } = this;
    fact(root, "starts", page.clock.wall(page.startsAt()));
    fact(root, "ends", page.clock.wall(page.endsAt()));
    part(root, "fetching", page.clock.now() >= page.startsAt());
    const until = page.support.leaveUntil;
    part(root, "leave", until !== null);
    if (until !== null) fact(root, "leave-until", page.clock.wall(until));
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

/** The upload of an attempt that was handed in here, with its receipt. */
export class HandedInStep extends UploadingStep {
  constructor(page, root) {
    super(page, root);
    showReceipt(root, page.attempt);
  }
}

export class CompleteStep extends Still {
  constructor(page, root) {
    super(page, root);
    const at = instant(page.attempt.completed_at);
    fact(root, "completed", `${page.clock.date(at)} ${page.clock.wall(at)}`);
    showReceipt(root, page.attempt);
    sayEnded(root, page);
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

/** Show the receipt's number, once there is one. */
export function showReceipt(root, { receipt }) {
  const number = receipt && receipt.number;
  part(root, "receipt", Boolean(number));
  if (number) fact(root, "receipt", number);
}
