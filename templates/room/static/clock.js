/** Server time on the monotonic clock: the offset comes from the answers' `now`, the computer's clock is never read. */

const SECOND = 1000;

export class ServerClock {
  /** @param {number} offsetMinutes the exam's zone, east of UTC */
  constructor(offsetMinutes) {
    this.zone = offsetMinutes * 60 * SECOND;
    this.base = null;
    this.error = Infinity;
  }

  /** Take the time of an answer. The sample with the shorter round trip wins, unless the two contradict each other. */
  observe(now, sentAt, receivedAt) {
    const error = (receivedAt - sentAt) / 2;
    const base = Date.parse(now) + error - receivedAt;
    const contradicts = Math.abs(base - this.base) > error + this.error;
    if (this.base === null || error <= this.error || contradicts) {
      this.base = base;
      this.error = error;
    }
  }

  /** Milliseconds since 1970 by the server, or null before its first answer. */
  now() {
    return this.base === null ? null : this.base + performance.now();
  }

  /** The server's time as RFC 3339 in UTC with milliseconds. */
  stamp(at = this.now()) {
    return new Date(Math.round(at)).toISOString();
  }

  /** A moment's time of day in the exam's zone: 11:03:22. */
  wall(at) {
    return new Date(Math.floor(at) + this.zone).toISOString().slice(11, 19);
  }

  /** A moment's date in the exam's zone: 2023-01-13. */
  date(at) {
    return new Date(Math.floor(at) + this.zone).toISOString().slice(0, 10);
  }
}

/** An instant of the server's JSON in milliseconds, or null. */
export function instant(text) {
  return text ? Date.parse(text) : null;
}

/** A span in figures, rounded up to whole seconds so that 00:00 means over: 07:21, 1:07:21. */
export function figures(ms) {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
