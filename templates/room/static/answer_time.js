/**
 * The answer time: the server's time without the pauses. It stands still in a pause, so whatever is counted by it goes on
 * afterwards where it was. Moments are in milliseconds.
 */

import { instant } from "./clock.js";

export class AnswerTime {
  constructor(clock) {
    this.clock = clock;
    this.pauses = [];
  }

  /** Take over an attempt's pauses, which are in the order of time and do not overlap. */
  hear({ pauses }) {
    this.pauses = (pauses || []).map((pause) =>
      Object.assign({}, pause, { begins: instant(pause.begins_at), ends: instant(pause.ends_at) }),
    );
  }

  /** The pause that holds now, as the room told it; or null. It ends with those that follow it without a gap. */
  get pause() {
    const now = this.clock.now();
    const held = this.pauses.find(({ begins, ends }) => begins <= now && now < ends);
    if (!held) return null;
    const until = (ends, next) => (next.begins <= ends && ends < next.ends ? next.ends : ends);
    return Object.assign({}, held, { ends: this.pauses.reduce(until, held.ends) });
  }

  now() {
    return this.of(this.clock.now());
  }

  /** The answer time at a moment of the clock. */
  of(moment) {
    return this.pauses.reduce((left, { begins, ends }) => left - Math.max(0, Math.min(ends, moment) - begins), moment);
  }

  /** The moment of the clock at which the answer time is `at`. */
  moment(at) {
    return this.pauses.reduce((moment, { begins, ends }) => (begins < moment ? moment + ends - begins : moment), at);
  }
}
