/**
 * Records a stream into IndexedDB, as segments that can each be played by themselves.
 *
 * A segment is one MediaRecorder's output. The last MediaRecorder stops when the first part of the next one is stored,
 * so that segments overlap and nothing falls between them, however slowly a busy computer begins or ends one. Each
 * writes a part every two seconds; what a killed browser leaves is closed as a segment by `rescue`. Memory holds the
 * parts that are being written, and for a moment the segment that is closed.
 */

import { RATES, avoidFormat, formatFor, surfaceOf } from "./capture.js";
import { sharedWatch } from "./computer_watch.js";
import { hex } from "./hex.js";
import { LevelWatch } from "./level_watch.js";
import { PictureWatch } from "./picture_watch.js";
import { holdTake } from "./take_locks.js";
import { sharedTicks } from "./ticks.js";

export { openParts } from "./parts.js";
export { rescue } from "./take_locks.js";

const TAKE_BYTES = 12;
/** An encoder that gives nothing for so long, from tracks that are not muted, has failed without an error. */
const QUIET_MS = 10000;
const LOOK_MS = 1000;

/**
 * One take of a stream.
 *
 * `stream` is "camera", "screen" or "phone"; `media` the MediaStream, which stays the caller's to close. `now()` is
 * the server's time in milliseconds. `onEvent({at, code, facts})` hears what happens, and `take-ended` at the very
 * end, with its cause: a recorder never begins again by itself, the caller makes a new one.
 */
export class Recorder {
  constructor(options) {
    const defaults = { segmentMs: 30000, partMs: 2000, rate: 15, now: () => Date.now(), onEvent: () => undefined };
    this._options = Object.assign(defaults, options);
    this.take = newTake();
    this._ticks = sharedTicks();
    this._ends = [];
    this._runs = 0;
    this._run = null;
    this._last = null;
    this._closing = Promise.resolve();
    this._ended = null;
    this._levelWatch = null;
  }

  /** The microphone's level, from 0 to 1; 0 where there is none. */
  get level() {
    return this._levelWatch === null ? 0 : this._levelWatch.level;
  }

  /**
   * Begin to record; resolves when the first MediaRecorder runs.
   *
   * Rejects with a DOMException named `surface-wrong` if a screen's stream is not the whole screen, and with the
   * browser's error if it cannot record. Both are events as well.
   */
  async start() {
    const { stream, media, parts, segmentMs } = this._options;
    this._release = await holdTake(this.take);
    try {
      this._checkSurface();
      this._mime = formatFor(media);
      await parts.addTake({ take: this.take, stream, mime: this._mime, began_at: this._isoNow() });
      this._run = this._newRun();
    } catch (error) {
      this._release();
      this._reportError(error);
      throw error;
    }
    this._listen();
    this._ends.push(this._ticks.every(segmentMs, () => this._rotate()));
    this._ends.push(this._ticks.every(LOOK_MS, () => this._checkFlow()));
    this.report("take-began", this._facts());
  }

  /** End the take: close its last segment, promise their number, free the lock. Resolves when all is stored. */
  stop(cause = "stopped") {
    if (this._ended === null) {
      this._ended = this._end(cause);
    }
    return this._ended;
  }

  /** Report an event of this take. */
  report(code, facts) {
    const { stream, onEvent } = this._options;
    onEvent({ at: this._isoNow(), code, facts: Object.assign({ stream, take: this.take }, facts) });
  }

  /** After a sleep a new segment begins, so that no file has a hole in its time. */
  onSleep() {
    this._liveRuns().forEach((run) => run.forgetTime());
    this._rotate();
  }

  /** Without space the take ends in good order, while its records can still be written. */
  onQuotaStop() {
    this.stop("quota-stop");
  }

  _listen() {
    const { media, stream } = this._options;
    media.getTracks().forEach((track) => this._listenTo(track));
    const report = (code, facts) => this.report(code, facts);
    const limits = this._options.limits || {};
    const frozen = stream === "screen" ? { frozenAfterMs: 0 } : {};
    const watched = { track: media.getVideoTracks()[0], ticks: this._ticks, report };
    const pictureWatch = new PictureWatch(Object.assign(watched, limits, frozen));
    this._ends.push(() => pictureWatch.close());
    if (media.getAudioTracks().length > 0) {
      this._levelWatch = new LevelWatch(Object.assign({ media, ticks: this._ticks, report }, limits));
      this._ends.push(() => this._levelWatch.close());
    }
    sharedWatch().join(this);
    this._ends.push(() => sharedWatch().leave(this));
  }

  _listenTo(track) {
    const ended = this._options.stream === "screen" ? "share-ended" : "track-ended";
    const listeners = {
      ended: () => {
        this.report(ended, { kind: track.kind });
        this.stop(ended);
      },
      mute: () => this.report("track-muted", { kind: track.kind }),
      unmute: () => this.report("track-unmuted", { kind: track.kind }),
    };
    Object.keys(listeners).forEach((name) => track.addEventListener(name, listeners[name]));
    this._ends.push(() =>
      Object.keys(listeners).forEach((name) => track.removeEventListener(name, listeners[name])),
    );
  }

  _facts() {
    const { width, height, frameRate } = this._options.media.getVideoTracks()[0].getSettings();
    return { mime: this._mime, width, height, frames: Math.round(frameRate) };
  }

  /**
   * Begin the next run, and stop the last one when the first part of the next one is stored.
   *
   * Until then nothing is known of the next one: a muted camera gives it no frames, and the last one goes on.
   */
  async _rotate() {
    if (this._ended !== null || this._last !== null) {
      return;
    }
    this._last = this._run;
    try {
      this._checkSurface();
      this._run = this._newRun();
      await this._run.begun;
      this._last.stop();
      this._last = null;
    } catch (error) {
      this._fail(error);
    }
  }

  _liveRuns() {
    return [this._last, this._run].filter(Boolean);
  }

  _checkFlow() {
    const { media, limits = {} } = this._options;
    const quietMs = Math.min(...this._liveRuns().map((run) => run.quietMs));
    if (quietMs > (limits.quietMs || QUIET_MS) && !media.getTracks().some((track) => track.muted)) {
      if (this._runs === 1 && this._run.isEmpty) {
        avoidFormat(this._mime);
      }
      this._fail(new DOMException("no data", "NoDataError"));
    }
  }

  _newRun() {
    const run = new Run(this._runs, this.take, this._mime, this._options, () => this._isoNow());
    this._runs += 1;
    // Runs are closed in order, each when its last part is stored.
    this._closing = this._closing.then(() => this._close(run));
    return run;
  }

  async _close(run) {
    try {
      await run.stored;
    } catch (error) {
      this._fail(error);
    }
    try {
      await this._options.parts.closeRun(this.take, run.number);
    } catch (error) {
      // Parts that are stored stay open: the take's end or `rescue` closes them.
      this._fail(error);
    }
  }

  _fail(error) {
    if (this._ended === null) {
      this._reportError(error);
      this.stop(error.name === "QuotaExceededError" ? "quota-stop" : "recorder-error");
    }
  }

  _reportError(error) {
    const codes = { QuotaExceededError: "quota-stop", "surface-wrong": "surface-wrong" };
    const facts = error.name === "surface-wrong" ? { surface: error.message } : { error: error.name };
    this.report(codes[error.name] || "recorder-error", facts);
  }

  _checkSurface() {
    const surface = this._options.stream === "screen" ? surfaceOf(this._options.media) : "monitor";
    if (surface !== "monitor") {
      throw new DOMException(surface, "surface-wrong");
    }
  }

  async _end(cause) {
    this._ends.forEach((end) => end());
    let segments = null;
    try {
      this._liveRuns().forEach((run) => run.stop());
      await this._closing;
      segments = await this._options.parts.endTake(this.take);
    } catch (error) {
      // The promise is missing, not the parts: `rescue` makes it once the lock is free.
      this._reportError(error);
    }
    this._release();
    this.report("take-ended", { cause, segments });
  }

  _isoNow() {
    return new Date(this._options.now()).toISOString();
  }
}

/**
 * One MediaRecorder, whose output goes to IndexedDB part by part.
 *
 * `begun` resolves when the first part is stored, or when it ended without one; `stored` when it ended and the last
 * part is stored. Both reject with the error that ends the run.
 */
class Run {
  constructor(number, take, mime, { media, parts, partMs, stream, rate }, isoNow) {
    this.number = number;
    const { videoBits, audioBits } = RATES[rate][stream === "screen" ? "screen" : "camera"];
    const options = { mimeType: mime, videoBitsPerSecond: videoBits, audioBitsPerSecond: audioBits };
    this._recorder = new MediaRecorder(media, options);
    this._part = { take, run: number, k: 0, started_at: isoNow() };
    this._writes = Promise.resolve();
    this.stored = new Promise((resolve, reject) => {
      this._fail = reject;
      this._recorder.onstop = () => this._writes.then(resolve, reject);
    });
    // The take waits for it in its turn; until then a failure is not "unhandled".
    this.stored.catch(() => undefined);
    const begun = new Promise((resolve) => {
      this._reportBegun = resolve;
    });
    this.begun = Promise.race([begun, this.stored]);
    this.begun.catch(() => undefined);
    this._recorder.ondataavailable = ({ data }) => this._store(parts, data, isoNow());
    this._recorder.onerror = (event) => this._fail(event.error || new DOMException("recorder", "UnknownError"));
    this.forgetTime();
    this._recorder.start(partMs);
  }

  /** Whether it gave nothing yet. */
  get isEmpty() {
    return this._part.k === 0;
  }

  /** How long ago it gave a part, or began (milliseconds). */
  get quietMs() {
    return performance.now() - this._partAt;
  }

  /** Count the quiet from now. */
  forgetTime() {
    this._partAt = performance.now();
  }

  _store(parts, blob, now) {
    if (blob.size > 0) {
      this.forgetTime();
      const part = Object.assign({ blob, ended_at: now }, this._part);
      this._part = Object.assign({}, this._part, { k: part.k + 1, started_at: now });
      this._writes = this._writes.then(() => parts.addPart(part));
      this._writes.then(this._reportBegun, this._fail);
    }
  }

  /** Flush the last part and stop; doing it again changes nothing. */
  stop() {
    if (this._recorder.state !== "inactive") {
      this._recorder.stop();
    }
  }
}

function newTake() {
  return hex(crypto.getRandomValues(new Uint8Array(TAKE_BYTES)));
}
