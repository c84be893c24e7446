/**
 * Uploads closed segments to addresses that the room gives for each of them by name, size and hash.
 *
 * The beat announces segments and brings addresses; each segment is one PUT. A segment is deleted here only when a
 * later beat says that the room has it, never because of the PUT's own answer: a proxy could have given that.
 * After a failure, a reload or a crash everything is announced again, which costs nothing but the repetition.
 */

import { Backoff } from "./backoff.js";
import { bytesOf } from "./blobs.js";
import { rescue } from "./take_locks.js";
import { sharedTicks } from "./ticks.js";
import { Uplink } from "./uplink.js";

/** Segments announced at once, and PUTs at once: HTTP/1.1 has six connections, and beats go before uploads. */
const WINDOW = 20;
const FLIGHTS = 2;
/** A segment that was sent and that the room does not name for so long is sent again. */
const CONFIRM_MS = 60000;
const RESCUE_MS = 10000;
const DEFAULT_BEAT_MS = 5000;
const HURRIED_BEAT_MS = 500;
/** A PUT may take this long, and longer by the slowest uplink that is still worth waiting for. */
const PUT_MS = 30000;
const SLOWEST_BYTES_PER_S = 4096;
/** In place of a status: the segment's file is lost on this computer. */
const UNREADABLE = 499;
/** Answers that no repetition changes: other bytes are there already, or the body is too long. */
const FINAL = [409, 413, UNREADABLE];
/** Other answers 4xx, which may be a proxy's: so often is tried before a segment counts as refused. */
const TRIES = 8;
/** Answers that mean the address is no longer good. */
const EXPIRED = [401, 403, 404, 410];
/** Answers that ask for patience, beside all 5xx. */
const BUSY = [408, 425, 429];

/**
 * Announces and uploads what `parts` holds, in order of rank and age, until `stop()`.
 *
 * `beat(part)` sends `{takes, segments, stored, backlog, uplink_bps}` with whatever the page adds, and resolves to the
 * room's answer; when it rejects it is repeated with backoff, so a page that was replaced calls `stop()`.
 *
 * `onProgress({segments, bytes, faults, settled, uplink_bps, failing})` hears what is left, and whether the room knows
 * every take as whole; `onEvent` hears `upload-fault` and the `take-ended` of rescued takes. Only the holder of the lock `pump` uploads: of two windows one. Takes are
 * announced by each.
 */
export class Uploader {
  constructor(options) {
    const silent = () => undefined;
    const limits = { putMs: PUT_MS, confirmMs: CONFIRM_MS };
    Object.assign(this, { now: () => Date.now(), onProgress: silent, onEvent: silent }, limits, options);
    this._ticks = sharedTicks();
    this._uplink = new Uplink();
    this._beats = new Backoff();
    this._puts = new Backoff();
    this._queue = [];
    this._flights = new Map();
    this._stored = new Map();
    this._refusals = new Map();
    this._pausedUntil = 0;
    this._rescuedAt = -RESCUE_MS;
    this._pumping = false;
    this._stopped = null;
    this._wake = silent;
    this._online = () => this._retryNow();
  }

  /** Begin. */
  start() {
    this._abort = new AbortController();
    addEventListener("online", this._online);
    this._lock = this._holdPump();
    this._loop = this._beatAgainAndAgain();
  }

  /** End; resolves when no request is under way and the lock is free. */
  stop() {
    if (this._stopped === null) {
      this._stopped = this._end();
    }
    return this._stopped;
  }

  /** Beat now, for instance when a take has ended. */
  poke() {
    this._poked = true;
    this._wake();
  }

  async _end() {
    removeEventListener("online", this._online);
    this._abort.abort();
    this._wake();
    this._freePump();
    await Promise.all([this._loop, this._lock].concat(Array.from(this._flights.values())));
  }

  _holdPump() {
    const held = new Promise((resolve) => {
      this._freePump = resolve;
    });
    const hold = () => {
      this._pumping = true;
      this.poke();
      return held;
    };
    // Aborted: another window held the lock until this one ended.
    return navigator.locks.request("pump", { signal: this._abort.signal }, hold).catch(() => undefined);
  }

  async _beatAgainAndAgain() {
    while (this._stopped === null) {
      this._poked = false;
      const waitMs = await this._beatOnce();
      if (!this._poked) {
        await this._sleep(waitMs);
      }
    }
  }

  async _beatOnce() {
    let answer;
    try {
      await this._rescue();
      const part = await this._part();
      answer = await this.beat(part);
      await this._take(part, answer);
      this._beats.reset();
    } catch (error) {
      return this._beats.fail();
    } finally {
      await this._progress();
    }
    // An answer that moved nothing is no reason to ask again at once.
    const moved = (answer.puts || []).length + (answer.received || []).length > 0;
    return moved && (await this._hurried()) ? HURRIED_BEAT_MS : answer.every_s * 1000 || DEFAULT_BEAT_MS;
  }

  /** Takes of windows that died are closed, now and again: their locks are freed by the browser. */
  async _rescue() {
    if (!this._pumping || performance.now() - this._rescuedAt < RESCUE_MS) {
      return;
    }
    this._rescuedAt = performance.now();
    for (const { take, stream, segments } of await rescue(this.parts)) {
      this._event("take-ended", { stream, take, cause: "rescued", segments });
    }
  }

  async _part() {
    const takes = (await this.parts.takes()).filter((take) => !take.settled);
    const waiting = this._pumping ? await this.parts.waiting(WINDOW) : [];
    this._forgetUnconfirmed();
    return {
      takes: takes.map(({ take, stream, mime, began_at, promised }) => ({ take, stream, mime, began_at, promised })),
      segments: waiting.filter((segment) => this._wantsAddress(segment)).map(announced),
      stored: waiting.filter((segment) => this._stored.has(keyOf(segment))).map(({ take, n }) => ({ take, n })),
      backlog: await this._backlog(),
      uplink_bps: this._uplink.bps,
    };
  }

  _wantsAddress(segment) {
    const key = keyOf(segment);
    return !this._stored.has(key) && !this._flights.has(key) && !this._queue.some((put) => keyOf(put) === key);
  }

  _forgetUnconfirmed() {
    const oldest = performance.now() - this.confirmMs;
    this._stored.forEach((at, key) => {
      if (at < oldest) {
        this._stored.delete(key);
      }
    });
  }

  /** Act on the answer to a beat. */
  async _take(part, answer) {
    for (const { take, n } of answer.received || []) {
      await this.parts.drop(take, n);
      this._forget(keyOf({ take, n }));
    }
    await this._settle(part.takes);
    const known = new Map(part.segments.map((segment) => [keyOf(segment), segment]));
    for (const put of answer.puts || []) {
      if (known.has(keyOf(put))) {
        this._queue.push(put);
      }
    }
    this._fill();
  }

  _forget(key) {
    this._stored.delete(key);
    this._refusals.delete(key);
    this._queue = this._queue.filter((put) => keyOf(put) !== key);
  }

  /** A take is settled when a beat that carried its promise was answered and all its segments are received. */
  async _settle(sent) {
    const promised = new Set(sent.filter((take) => take.promised !== null).map(({ take }) => take));
    for (const { take, received, count, settled } of await this.parts.takes()) {
      if (promised.has(take) && received === count && !settled) {
        await this.parts.settleTake(take);
      }
    }
  }

  /** Send what may be sent now. */
  _fill() {
    while (this._stopped === null && this._queue.length > 0 && this._flights.size < FLIGHTS) {
      const waitMs = this._pausedUntil - performance.now();
      if (waitMs > 0) {
        this._ticks.after(waitMs, () => this._fill());
        return;
      }
      const put = this._queue.shift();
      this._flights.set(keyOf(put), this._send(put));
    }
  }

  async _send(put) {
    try {
      const segment = await this.parts.segment(put.take, put.n);
      if (segment !== undefined) {
        await this._judge(segment, put, await this._put(segment, put));
      }
    } catch (error) {
      // IndexedDB failed: the segment is announced again later.
      this._pause();
    }
    this._flights.delete(keyOf(put));
    this._fill();
    if (this._queue.length === 0 && this._flights.size === 0 && (await this._hurried())) {
      this.poke();
    }
  }

  /** Send one segment; resolves to the HTTP status, 0 where there was no answer, `UNREADABLE` for a lost file. */
  async _put(segment, { method, url, headers }) {
    const body = await this._read(segment);
    if (body === null) {
      return UNREADABLE;
    }
    const abort = new AbortController();
    const limitMs = this.putMs + (segment.size / SLOWEST_BYTES_PER_S) * 1000;
    const cancel = this._ticks.after(limitMs, () => abort.abort());
    const onAbort = () => abort.abort();
    this._abort.signal.addEventListener("abort", onAbort);
    const upload = this._uplink.begin(segment.size);
    let arrived = false;
    try {
      const request = { method, headers, body, signal: abort.signal, credentials: "omit", redirect: "error" };
      const { status, ok } = await fetch(url, Object.assign({ cache: "no-store" }, request));
      arrived = ok;
      return status;
    } catch (error) {
      return 0;
    } finally {
      this._uplink.end(upload, arrived);
      cancel();
      this._abort.signal.removeEventListener("abort", onAbort);
    }
  }

  /** Read a segment before it is sent: of a failed request nothing says whether file or network was at fault. */
  async _read(segment) {
    try {
      return new Blob([await bytesOf(await this.parts.file(segment))], { type: segment.mime });
    } catch (error) {
      return null;
    }
  }

  async _judge(segment, put, status) {
    const key = keyOf(segment);
    if (status >= 200 && status < 300) {
      this._puts.reset();
      this._stored.set(key, performance.now());
    } else if (status === 0 || status >= 500 || BUSY.includes(status)) {
      // Behind the others: one that always fails must not hold them up.
      this._pause();
      this._queue.push(put);
    } else if (EXPIRED.includes(status)) {
      // The next beat announces it again; the pause keeps a wrong clock from turning that into a loop.
      this._pause();
    } else {
      await this._refused(segment, status);
    }
  }

  async _refused(segment, status) {
    const key = keyOf(segment);
    const times = (this._refusals.get(key) || 0) + 1;
    this._refusals.set(key, times);
    if (!FINAL.includes(status) && times < TRIES) {
      this._pause();
      return;
    }
    await this.parts.markFaulty(segment.take, segment.n, status);
    this._forget(key);
    const { stream, take, n } = segment;
    this._event("upload-fault", { stream, take, n, status });
  }

  _pause() {
    this._pausedUntil = performance.now() + this._puts.fail();
  }

  _retryNow() {
    this._puts.reset();
    this._beats.reset();
    this._pausedUntil = 0;
    this._fill();
    this.poke();
  }

  /** Whether more waits than was sent, or recording is over: then the next beat comes as soon as it is useful. */
  async _hurried() {
    if (!this._pumping || this._queue.length > 0 || this._flights.size > 0 || this._puts.failures > 0) {
      return false;
    }
    const { segments } = await this._backlog();
    const takes = await this.parts.takes();
    const over = takes.every((take) => take.promised !== null);
    return segments > this._stored.size || (over && segments > 0);
  }

  async _backlog() {
    const takes = await this.parts.takes();
    const sum = (measure) => takes.reduce((total, take) => total + measure(take), 0);
    return {
      segments: sum(({ count, received, faults }) => count - received - faults),
      bytes: sum(({ bytes }) => bytes),
    };
  }

  async _progress() {
    const takes = await this.parts.takes();
    const faults = takes.reduce((total, take) => total + take.faults, 0);
    const settled = takes.every((take) => take.settled);
    const failing = this._beats.failures > 0 || this._puts.failures > 0;
    this.onProgress(Object.assign({ faults, settled, failing, uplink_bps: this._uplink.bps }, await this._backlog()));
  }

  _event(code, facts) {
    this.onEvent({ at: new Date(this.now()).toISOString(), code, facts });
  }

  /** Wait; ends early by `poke` or `stop`. */
  _sleep(waitMs) {
    return new Promise((resolve) => {
      const cancel = this._ticks.after(waitMs, resolve);
      this._wake = () => {
        cancel();
        resolve();
      };
      if (this._stopped !== null) {
        this._wake();
      }
    });
  }
}

/** Return what the room is told of a segment. */
function announced({ take, n, size, sha256, started_at, ended_at }) {
  return { take, n, size, sha256, started_at, ended_at };
}

function keyOf({ take, n }) {
  return take + "/" + n;
}
