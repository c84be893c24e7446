/** A page's one control call: merges the uploader's facts with the page's events and keeps the rhythm. */

const EMPTY = { takes: [], segments: [], stored: [] };
const MOST_EVENTS = 100;
const RETRY_MS = 2000;

export class Beats {
  /**
   * `page` is `{post, epoch, clock, condition, onAnswer, onFailure}`: `condition({backlog, uplink_bps})` gives the
   * members of the call in which the computer's page and the phone's differ.
   */
  constructor(page) {
    this.page = page;
    this.events = [];
    this.backlog = { segments: 0, bytes: 0 };
    this.uplink = null;
    this.everyMs = 5000;
    this.last = Promise.resolve();
    this.timer = null;
    this.stopped = false;
    this.failing = false;
  }

  /** Note an event for the next call. */
  note(event) {
    if (this.events.length < MOST_EVENTS) this.events.push(event);
  }

  /** Begin the rhythm: a call each interval, unless the uploader made one meanwhile. */
  start() {
    this.arm();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** One call with the uploader's facts, after those that are on their way. Rejects as `post` does. */
  exchange(facts = EMPTY) {
    const call = this.last.then(() => this.send(facts));
    this.last = call.catch(() => undefined);
    return call;
  }

  /** A call now, whose failure only the page's own handlers see. */
  now() {
    return this.exchange().catch(() => undefined);
  }

  arm() {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.now(), this.failing ? RETRY_MS : this.everyMs);
  }

  async send(facts) {
    if (this.stopped) throw new Error("stopped");
    const events = this.events.concat(facts.events || []);
    this.events = [];
    if (facts.backlog) this.backlog = facts.backlog;
    if (facts.uplink_bps !== undefined) this.uplink = facts.uplink_bps;
    try {
      const { answer, sentAt, receivedAt } = await this.page.post("beat", this.body(facts, events));
      this.page.clock.observe(answer.now, sentAt, receivedAt);
      this.everyMs = (answer.every_s || 5) * 1000;
      this.failing = false;
      this.page.onAnswer(answer);
      return answer;
    } catch (error) {
      this.failing = true;
      this.events = events.concat(this.events).slice(0, MOST_EVENTS);
      this.page.onFailure(error);
      throw error;
    } finally {
      this.arm();
    }
  }

  body(facts, events) {
    const { takes = [], segments = [], stored = [] } = facts;
    const condition = this.page.condition({ backlog: this.backlog, uplink_bps: this.uplink });
    return Object.assign({ epoch: this.page.epoch(), takes, segments, stored, events }, condition);
  }
}
