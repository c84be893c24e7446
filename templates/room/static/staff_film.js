/**
 * One stream of an attempt: which segment has which moment, and the video elements that show it.
 *
 * Each segment is a file of its own. It is posted for, kept in this page's memory, and played by an element of its
 * own; the next one is loaded while it plays. MediaSource takes no H.264 in WebM, which is what most browsers record.
 */

/** How far a picture may be from the clock before it is moved. */
const DRIFT_S = 0.4;
/** Streams begin and end within seconds of each other: their first and last pictures stand in for so long. */
const SEAM_MS = 2000;
const LENGTH_MS = 2000;
/** A browser learns a recording's length by looking for its end. */
const FAR_S = 1e7;
/** How long after its end a segment is waited for before the other streams go on without it. */
const LATE_MS = 30000;

export class Film {
  /** `root` is a stream's figure; `takes` and `gaps` are those of the stream; `fetchSegment(take, n)` gives a Blob. */
  constructor(root, takes, gaps, segmentMs, fetchSegment) {
    Object.assign(this, { root, takes, gaps, segmentMs, fetchSegment });
    this.cover = root.querySelector('[data-part="cover"]');
    this.slots = new Map();
    this.hasSound = false;
  }

  /** Take over what is known of the recordings by now. */
  update(takes, gaps) {
    Object.assign(this, { takes, gaps });
  }

  /** The end of the newest segment that is there. */
  get edge() {
    return Math.max(...this.takes.map((take) => Math.min(this.endOf(take), take.ends)));
  }

  /** When the next segment will be whole; never where nothing records. */
  get due() {
    return Math.min(...this.takes.filter(({ running }) => running).map((take) => this.endOf(take) + this.segmentMs));
  }

  endOf(take) {
    return take.begins + (take.stored.lastIndexOf("1") + 1) * this.segmentMs;
  }

  /** Whether a moment's segment is still recorded, or is on its way. */
  awaits(at, now) {
    const take = this.takes.find(({ begins, running }) => running && begins <= at);
    if (!take) return false;
    const n = Math.floor((at - take.begins) / this.segmentMs);
    return take.stored[n] !== "1" && now < take.begins + (n + 1) * this.segmentMs + LATE_MS;
  }

  /** The segment of a moment, or what is to be said instead: `{take, n, begins}` or `{word, words}`. */
  find(at) {
    const within = (margin) => this.takes.find(({ begins, ends }) => begins - margin <= at && at < ends + margin);
    const take = within(0) || within(SEAM_MS);
    if (!take) {
      const gap = this.gaps.find(({ begins, ends }) => begins <= at && at < ends);
      return gap ? { word: "gap", words: gap.words } : { word: "none" };
    }
    const wanted = Math.max(0, Math.floor((at - take.begins) / this.segmentMs));
    if (wanted >= take.stored.length && take.running) return { word: "coming" };
    const n = Math.min(wanted, take.stored.length - 1);
    if (n < 0 || take.stored[n] !== "1") return { word: "missing" };
    return { take: take.take, n, begins: take.begins + n * this.segmentMs, key: `${take.take}-${n}` };
  }

  /** Show a moment. Returns whether its picture is there, or known not to come. */
  show(at, playing, rate) {
    const segment = this.find(at);
    const next = this.find((segment.begins || at) + this.segmentMs + 1);
    this.keep([segment.key, next.key]);
    if (!segment.key) return this.say(segment.word, segment.words);
    const slot = this.load(segment);
    if (playing && next.key) this.load(next);
    for (const other of this.slots.values()) if (other !== slot) this.rest(other);
    if (slot.state === "failed") return this.say("failed");
    if (slot.state !== "ready") {
      this.say("loading");
      return false;
    }
    this.play(slot, (at - segment.begins) / 1000, playing, rate);
    this.cover.hidden = true;
    return true;
  }

  play({ video }, offset, playing, rate) {
    const wanted = Math.max(0, Math.min(offset, video.duration - 0.05));
    video.hidden = false;
    video.muted = !this.hasSound;
    video.playbackRate = rate;
    const drift = Math.abs(video.currentTime - wanted);
    if (!video.seeking && drift > (playing ? DRIFT_S * rate : 0.05)) video.currentTime = wanted;
    if (playing && video.paused && !video.ended) video.play().catch(() => undefined);
    if (!playing && !video.paused) video.pause();
  }

  rest({ video }) {
    video.hidden = true;
    if (!video.paused) video.pause();
  }

  say(word, words) {
    const place = document.getElementById("cover-words").content.querySelector(`[data-word="${word}"]`);
    const text = place.textContent.replace("{}", words);
    if (this.cover.textContent !== text) this.cover.textContent = text;
    this.cover.hidden = false;
    if (word !== "loading") for (const slot of this.slots.values()) this.rest(slot);
    return true;
  }

  load({ key, take, n }) {
    if (this.slots.has(key)) return this.slots.get(key);
    const video = document.createElement("video");
    video.hidden = true;
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    this.root.querySelector(".frame").prepend(video);
    const slot = { video, url: null, state: "loading" };
    this.slots.set(key, slot);
    this.fill(slot, take, n).then(
      () => (slot.state = "ready"),
      () => (slot.state = "failed"),
    );
    return slot;
  }

  async fill(slot, take, n) {
    const { video } = slot;
    slot.url = URL.createObjectURL(await this.fetchSegment(take, n));
    const ready = happens(video, "loadedmetadata");
    video.src = slot.url;
    await ready;
    if (Number.isFinite(video.duration)) return;
    const ended = happens(video, "durationchange");
    video.currentTime = FAR_S;
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, LENGTH_MS))]);
  }

  /** Forget every segment but these: half a minute is about a megabyte. */
  keep(keys) {
    for (const [key, slot] of this.slots) {
      if (keys.includes(key) || slot.state === "loading") continue;
      slot.video.remove();
      if (slot.url) URL.revokeObjectURL(slot.url);
      this.slots.delete(key);
    }
  }
}

function happens(video, name) {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(video.error), { once: true });
  });
}
