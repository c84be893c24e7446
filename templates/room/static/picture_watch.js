/** Watches a video track for a picture that is black or does not change. */

import { Condition } from "./condition.js";

const LOOK_MS = 1000;
const WIDTH = 64;
const HEIGHT = 48;
/** Luma (0-255) of a covered lens: dark on average, and without a bright spot. */
const BLACK_MEAN = 14;
const BLACK_MAX = 48;

/**
 * Looks at a small copy of the picture once a second.
 *
 * Reports `black-picture` and `frozen` once each when they have lasted for so long, and `picture-back` when they end.
 * A camera's picture always has noise, so one that is equal to the last in every pixel is no live picture; a screen
 * may well stay as it is (`frozenAfterMs` 0 leaves that out). Frames are taken from the track and not from an element
 * of the page, since a hidden page does not draw.
 */
export class PictureWatch {
  constructor({ track, ticks, blackAfterMs = 5000, frozenAfterMs = 10000, report }) {
    this._grabber = new ImageCapture(track);
    this._track = track;
    this._report = report;
    this._canvas = document.createElement("canvas");
    this._canvas.width = WIDTH;
    this._canvas.height = HEIGHT;
    this._context = this._canvas.getContext("2d", { willReadFrequently: true });
    this._last = null;
    this._busy = false;
    this._black = new Condition("black-picture", blackAfterMs);
    this._frozen = new Condition("frozen", frozenAfterMs);
    this.close = ticks.every(LOOK_MS, () => this._look());
  }

  async _look() {
    // A muted or ended track has no frames; both have events of their own.
    if (this._track.muted || this._track.readyState !== "live") {
      return;
    }
    // A frame that was asked for and does not come: the camera has stalled.
    if (this._busy) {
      this._note(this._frozen, true);
      return;
    }
    this._busy = true;
    try {
      this._judge(this._shrink(await this._grabber.grabFrame()));
    } catch (error) {
      // The track was muted or ended meanwhile, or the frame could not be read: look again later.
    }
    this._busy = false;
  }

  _shrink(bitmap) {
    this._context.drawImage(bitmap, 0, 0, WIDTH, HEIGHT);
    bitmap.close();
    return this._context.getImageData(0, 0, WIDTH, HEIGHT).data;
  }

  _judge(pixels) {
    const unchanged = this._last !== null && pixels.every((value, place) => value === this._last[place]);
    this._last = pixels;
    // A covered lens may give no noise either: that is black, not frozen.
    const black = isBlack(pixels);
    this._note(this._black, black);
    this._note(this._frozen, unchanged && !black);
  }

  _note(condition, holds) {
    const change = condition.note(holds);
    if (change !== null) {
      this._report(change.began ? condition.code : "picture-back", { was: condition.code, ms: change.ms });
    }
  }
}

function isBlack(pixels) {
  let sum = 0;
  let highest = 0;
  for (let place = 0; place < pixels.length; place += 4) {
    // ITU-R BT.601
    const luma = 0.299 * pixels[place] + 0.587 * pixels[place + 1] + 0.114 * pixels[place + 2];
    sum += luma;
    highest = Math.max(highest, luma);
  }
  return highest < BLACK_MAX && sum / (WIDTH * HEIGHT) < BLACK_MEAN;
}
