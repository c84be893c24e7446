/** A page's recordings: owns the open devices, a recorder for each stream, and the uploader behind them. */

import { closeMedia } from "./capture.js";
import { alive } from "./devices.js";
import { Recorder, openParts } from "./recorder.js";
import { Uploader } from "./uploader.js";

const REOPEN_MS = 3000;
/** Ends of a take that this page asked for. */
const OWN_END = "stopped";
const RECORDER_ERROR = "recorder-error";

export class Recording {
  /**
   * `page` is `{beat, now, onEvent, onProgress, onLost, onChange, onTakeEnding}`, what the page does with its news.
   * `streams` has a `{open, reopens}` for each stream by its name: `open()` resolves to its MediaStream; where
   * `reopens` is true that needs nobody, and a stream that was lost is opened again by itself.
   */
  constructor(page, streams) {
    this.page = page;
    this.streams = streams;
    this.media = this.forEach();
    this.recorders = this.forEach();
    this.began = this.forEach();
    this.wanted = false;
    this.parts = null;
    this.uploader = null;
    this.timers = {};
  }

  /** A place for each stream, empty. */
  forEach() {
    return Object.keys(this.streams).reduce((places, stream) => Object.assign(places, { [stream]: null }), {});
  }

  /** Open the store and begin to upload what lies in it. */
  async open(name) {
    this.parts = await openParts(name);
    const { beat, now, onProgress, onEvent } = this.page;
    this.uploader = new Uploader({ parts: this.parts, beat, now, onProgress, onEvent });
    this.uploader.start();
  }

  /** Whether something is being recorded. */
  get running() {
    return Object.values(this.recorders).some(Boolean);
  }

  /** The take that holds this moment's sound, and the moment within it; null where nothing is recorded. */
  moment() {
    if (!this.began.camera) return null;
    return { take: this.recorders.camera.take, ms: Math.max(0, Math.round(performance.now() - this.began.camera)) };
  }

  /** Record what is open, and open what is not. Does nothing for streams that run. */
  async start() {
    this.wanted = true;
    await Promise.all(Object.keys(this.streams).map((stream) => this.ensure(stream)));
  }

  /** Bring one stream to life: devices, then its recorder. */
  async ensure(stream) {
    if (!this.wanted || this.recorders[stream]) return;
    try {
      if (!alive(this.media[stream])) this.media[stream] = await this.streams[stream].open();
      await this.record(stream);
      this.page.onLost(stream, null);
    } catch (error) {
      this.lost(stream, error.name === "surface-wrong" ? "surface-wrong" : "not-opened");
    }
  }

  async record(stream) {
    const { now } = this.page;
    const onEvent = (event) => this.heard(stream, event);
    const recorder = new Recorder({ stream, media: this.media[stream], parts: this.parts, now, onEvent });
    this.recorders[stream] = recorder;
    await recorder.start();
    this.began[stream] = performance.now();
    this.uploader.poke();
    this.page.onChange(stream);
  }

  heard(stream, event) {
    this.page.onEvent(event);
    if (event.code !== "take-ended") return;
    const current = this.recorders[stream];
    if (!current || current.take !== event.facts.take || event.facts.cause === OWN_END) return;
    this.lost(stream, event.facts.cause);
  }

  /**
   * A take has ended by itself. What still delivers is recorded anew without a word, and what needs nobody is opened
   * again; a screen needs the candidate.
   */
  lost(stream, cause) {
    const ending = this.moment();
    const delivers = cause === RECORDER_ERROR && alive(this.media[stream]);
    this.recorders[stream] = null;
    this.began[stream] = null;
    if (!delivers) this.release(stream);
    if (stream === "camera" && ending) this.page.onTakeEnding(ending);
    if (!this.wanted) return;
    if (!delivers) this.page.onLost(stream, cause);
    this.page.onChange(stream);
    clearTimeout(this.timers[stream]);
    if (delivers || (this.streams[stream].reopens && cause !== "quota-stop")) {
      this.timers[stream] = setTimeout(() => this.ensure(stream), delivers ? 0 : REOPEN_MS);
    }
  }

  release(stream) {
    if (this.media[stream]) closeMedia(this.media[stream]);
    this.media[stream] = null;
  }

  /** Stop recording and give the devices back; resolves when all that was recorded lies in the store. */
  async stop() {
    this.wanted = false;
    Object.values(this.timers).forEach(clearTimeout);
    await Promise.all(Object.keys(this.streams).map((stream) => this.end(stream)));
    if (this.uploader) this.uploader.poke();
  }

  async end(stream) {
    const recorder = this.recorders[stream];
    const media = this.media[stream];
    this.recorders[stream] = null;
    this.began[stream] = null;
    this.media[stream] = null;
    this.page.onChange(stream);
    if (recorder) await recorder.stop();
    if (media) closeMedia(media);
  }

  /** What each finished take holds, for the hand-in. */
  async takes() {
    const takes = this.parts ? await this.parts.takes() : [];
    return takes.filter(({ promised }) => promised !== null).map(({ take, promised }) => ({ take, promised }));
  }

  /** Another window goes on: stop everything here. */
  async leave() {
    await this.stop();
    if (this.uploader) await this.uploader.stop();
  }
}
