/** Saves what is typed or chosen by itself: a moment after the last change, and not too often. */

const QUIET_MS = 1500;
const SPACING_MS = 5000;
/** Near the end each change counts: what is not sent in time arrives late. */
const ENDING_MS = 10000;
const ENDING_SPACING_MS = 1000;
/** Of the answers that the room keeps for an attempt; the rest is for what is not typed. */
const MOST_ANSWERS = 900;

/** The least time between two saved answers, so that an attempt never has more of them than the room keeps. */
export function spacing(sequence, leftMs) {
  if (leftMs <= ENDING_MS) return ENDING_SPACING_MS;
  return Math.max(SPACING_MS, leftMs / Math.max(1, MOST_ANSWERS - sequence));
}

/** When a change is saved: once it has been quiet for a while, and never sooner than the spacing allows. */
export function dueAt(changedAt, savedAt, leftMs, spacingMs) {
  const quiet = leftMs <= ENDING_MS ? 0 : QUIET_MS;
  return Math.max(changedAt + quiet, savedAt + spacingMs);
}

export class Autosave {
  /** @param {{now, left, sequence, save}} field `left` is the time until the answer closes; `save` saves the value. */
  constructor(field) {
    this.field = field;
    this.changedAt = null;
    this.savedAt = -Infinity;
  }

  get isDirty() {
    return this.changedAt !== null;
  }

  changed() {
    this.changedAt = this.field.now();
  }

  /** Called several times a second. */
  tick() {
    if (!this.isDirty) return;
    const left = this.field.left();
    const due = dueAt(this.changedAt, this.savedAt, left, spacing(this.field.sequence(), left));
    if (this.field.now() >= due) this.flush();
  }

  /** Save now what is not saved yet. */
  flush() {
    if (!this.isDirty) return;
    this.changedAt = null;
    this.savedAt = this.field.now();
    this.field.save();
  }
}
