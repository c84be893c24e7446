/**
 * Sends a small picture of each recorded stream now and then, for those who watch. Recordings go first.
 *
 * The first one of a stream comes soon after its recording begins, also when it begins again. The later ones come at
 * a moment of the page's own, whenever recording began, so that those of many pages are spread out.
 */

import { sharedTicks } from "./ticks.js";

const WIDTHS = { camera: 320, phone: 320, screen: 640 };
const QUALITIES = [0.6, 0.4, 0.2];
const MAX_BYTES = 48 * 1024;
/** A first picture comes at random within this time, since all pages may begin at one moment; see bench/wall.py. */
const FIRST_WITHIN_MS = 8000;
/** The room drops a picture that follows another one sooner (CLOSEST in oneseat/room/rules/live_pictures.py). */
const CLOSEST_MS = 5000;
/** With so many segments waiting the line is slow, and the recordings need all of it. */
const MOST_WAITING = 4;

export class LivePictures {
  /**
   * `page` is `{path, media, backlog}`: `path(stream)` is where a picture goes, `media(stream)` the MediaStream that is
   * being recorded, or null, and `backlog()` what the uploader said last.
   */
  constructor(page) {
    this._page = page;
    this._ends = [];
    this._looking = {};
    /** By stream, what cancels its first picture, which is still owed. */
    this._owed = {};
    this._sentAt = {};
  }

  /** Begin with some streams; 0 seconds is never. Each page has a moment of its own, so that pictures come spread out. */
  start(streams, everyS) {
    if (everyS === 0 || this._ends.length > 0) return;
    const ticks = sharedTicks();
    for (const stream of streams) {
      const begin = () => {
        this._look(stream);
        this._ends.push(ticks.every(everyS * 1000, () => this._look(stream)));
      };
      this._ends.push(ticks.after(Math.random() * everyS * 1000, begin));
      this.changed(stream);
    }
  }

  /** Hear that a stream's recording has begun or ended. Where it has begun, a picture is owed. */
  changed(stream) {
    if (this._page === null || this._ends.length === 0) return;
    this._cancel(stream);
    if (this._page.media(stream)) this._owe(stream);
  }

  stop() {
    Object.keys(this._owed).forEach((stream) => this._cancel(stream));
    this._ends.forEach((end) => end());
    this._page = null;
  }

  /**
   * Send a stream's first picture at a random moment, and at another one where none could be sent: the line was slow,
   * or the camera gave nothing yet. So pages that were all kept from it do not send at once either.
   */
  _owe(stream) {
    this._owed[stream] = sharedTicks().after(Math.random() * FIRST_WITHIN_MS, () => {
      this._owe(stream);
      this._look(stream);
    });
  }

  _cancel(stream) {
    if (this._owed[stream]) this._owed[stream]();
    delete this._owed[stream];
  }

  /** Send one picture. Failures do not matter: another one follows. */
  async _look(stream) {
    const track = this._track(stream);
    if (track === null || this._isSlow() || this._looking[stream] === track || this._isTooSoon(stream)) return;
    // A track that has stalled gives no frame; it is not asked again, and one that takes its place is.
    this._looking[stream] = track;
    try {
      await this._send(stream, await new ImageCapture(track).grabFrame());
      this._sentAt[stream] = performance.now();
      if (this._track(stream) === track) this._cancel(stream);
    } catch (error) {
      // The track was muted or ended meanwhile, or the room is away.
    }
    this._looking[stream] = null;
  }

  _isTooSoon(stream) {
    return stream in this._sentAt && performance.now() - this._sentAt[stream] < CLOSEST_MS;
  }

  _track(stream) {
    const media = this._page && this._page.media(stream);
    const track = media && media.getVideoTracks()[0];
    return track && !track.muted && track.readyState === "live" ? track : null;
  }

  _isSlow() {
    const backlog = this._page.backlog();
    return Boolean(backlog) && (backlog.segments > MOST_WAITING || Boolean(backlog.failing));
  }

  async _send(stream, frame) {
    const picture = await shrunk(frame, WIDTHS[stream]);
    if (picture === null || this._page === null) return;
    const headers = { "Content-Type": "image/jpeg" };
    await fetch(this._page.path(stream), { method: "POST", headers, body: picture, credentials: "same-origin", priority: "low" });
  }
}

/** A frame as a JPEG of a width, in the best quality that is short enough; null where none is. */
async function shrunk(frame, most) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, most / Math.max(frame.width, frame.height));
  canvas.width = Math.round(frame.width * scale);
  canvas.height = Math.round(frame.height * scale);
  canvas.getContext("2d").drawImage(frame, 0, 0, canvas.width, canvas.height);
  frame.close();
  for (const quality of QUALITIES) {
    const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (picture && picture.size <= MAX_BYTES) return picture;
  }
  return null;
}
