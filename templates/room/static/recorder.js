/**
 * Records a stream into IndexedDB, as segments that can each be played by themselves.
 *
 * A segment is one MediaRecorder's output. The next MediaRecorder begins before the last one stops, so that segments
 * overlap and nothing falls between them. Each writes a part every two seconds; what a killed browser leaves is
 * closed as a segment by `rescue`. Memory holds the part that is being written, and for a moment the segment that is closed.
 */

import { RATES, formatFor, surfaceOf } from "./capture.js";
import { sharedWatch } from "./computer_watch.js";
import { hex } from "./hex.js";
import { LevelWatch } from "./level_watch.js";
import { PictureWatch } from "./picture_watch.js";
import { holdTake } from "./take_locks.js";
import { sharedTicks } from "./ticks.js";

export { openParts } from "./parts.js";
export { rescue } from "./take_locks.js";

/** How long two MediaRecorders run side by side: long enough for a frame of the screen in both. */
const OVERLAP_MS = 500;
const TAKE_BYTES = 12;

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

  /** Begin the next run, and stop the last one a moment later. */
  _rotate() {
    if (this._ended !== null) {
      return;
    }
    const last = this._run;
    try {
      this._checkSurface();
      this._run = this._newRun();
    } catch (error) {
      this._fail(error);
      return;
    }
    this._ticks.after(OVERLAP_MS, () => last.stop());
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
      // Both runs of a seam end here: stopping one twice does nothing.
      this._run.stop();
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

/** One MediaRecorder, whose output goes to IndexedDB part by part; `stored` settles after the last of them. */
class Run {
  constructor(number, take, mime, { media, parts, partMs, stream, rate }, isoNow) {
    this.number = number;
    const { videoBits, audioBits } = RATES[rate][stream === "screen" ? "screen" : "camera"];
    const options = { mimeType: mime, videoBitsPerSecond: videoBits, audioBitsPerSecond: audioBits };
    this._recorder = new MediaRecorder(media, options);
    this.stored = new Promise((resolve, reject) => {
      let writes = Promise.resolve();
      let started = isoNow();
      let k = 0;
      this._recorder.ondataavailable = ({ data }) => {
        if (data.size === 0) {
          return;
        }
        const part = { take, run: number, k, blob: data, started_at: started, ended_at: isoNow() };
        started = part.ended_at;
        k += 1;
        writes = writes.then(() => parts.addPart(part));
        writes.catch(reject);
      };
      this._recorder.onerror = (event) => reject(event.error || new DOMException("recorder", "UnknownError"));
      this._recorder.onstop = () => writes.then(resolve, reject);
    });
    // The take waits for it in turn; until then a failure is not "unhandled".
    this.stored.catch(() => undefined);
    this._recorder.start(partMs);
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
