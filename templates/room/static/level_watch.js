/** Measures a microphone's level, and watches for one that gives nothing. */

import { Condition } from "./condition.js";

const LOOK_MS = 250;
/** Peak below which there is no sound at all, -66 dBFS: even a quiet room is louder. */
const SILENCE = 0.0005;

/**
 * Looks at the microphone four times a second.
 *
 * Reports `silent` once when nothing was heard for `silentAfterMs`, and `sound-back` when that ends. `level` is the
 * peak of the last look, from 0 to 1, for the page's meter.
 */
export class LevelWatch {
  constructor({ media, ticks, silentAfterMs = 10000, report }) {
    this.level = 0;
    this._audio = new AudioContext();
    this._analyser = this._audio.createAnalyser();
    this._analyser.fftSize = 16384;
    this._samples = new Float32Array(this._analyser.fftSize);
    this._audio.createMediaStreamSource(new MediaStream(media.getAudioTracks())).connect(this._analyser);
    this._silent = new Condition("silent", silentAfterMs);
    this._report = report;
    this._cancel = ticks.every(LOOK_MS, () => this._look());
  }

  /** End the watch, and free the audio device. */
  close() {
    this._cancel();
    this._audio.close();
  }

  _look() {
    // Without a click some browsers hold the audio engine back: then nothing is known, which is not silence.
    if (this._audio.state !== "running") {
      this._audio.resume().catch(() => undefined);
      return;
    }
    this._analyser.getFloatTimeDomainData(this._samples);
    this.level = this._samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
    const change = this._silent.note(this.level < SILENCE);
    if (change !== null) {
      this._report(change.began ? "silent" : "sound-back", { ms: change.ms });
    }
  }
}
