/**
 * The player of an attempt: any moment of several streams side by side, by the room's clock.
 *
 * Each segment is a file of its own. It is posted for, kept in this page's memory, and played by an element of its
 * own; the next one is loaded while it plays. MediaSource takes no H.264 in WebM, which is what most browsers record.
 */

const TICK_MS = 100;
/** How far a picture may be from the clock before it is moved. */
const DRIFT_S = 0.4;
const STEP_S = 5;
/** Streams begin and end within seconds of each other: their first and last pictures stand in for so long. */
const SEAM_MS = 2000;
const LENGTH_MS = 2000;
/** A browser learns a recording's length by looking for its end. */
const FAR_S = 1e7;
const data = document.getElementById("start");

class Film {
  /** `root` is a stream's figure; `takes` and `gaps` are those of the stream; `fetchSegment(take, n)` gives a Blob. */
  constructor(root, takes, gaps, segmentMs, fetchSegment) {
    Object.assign(this, { root, takes, gaps, segmentMs, fetchSegment });
    this.cover = root.querySelector('[data-part="cover"]');
    this.slots = new Map();
    this.hasSound = false;
  }

  /** The segment of a moment, or what is to be said instead: `{take, n, begins}` or `{word}` or `{words}`. */
  find(at) {
    const within = (margin) => this.takes.find(({ begins, ends }) => begins - margin <= at && at < ends + margin);
    const take = within(0) || within(SEAM_MS);
    if (!take) {
      const gap = this.gaps.find(({ begins, ends }) => begins <= at && at < ends);
      return gap ? { words: gap.words } : { word: "none" };
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
    const text = words || place.textContent;
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

class Player {
  constructor(start, offsetMinutes) {
    this.offsetMs = offsetMinutes * 60000;
    this.token = start.token;
    const films = document.getElementById("films");
    this.segments = films.dataset.segments;
    this.controls = document.getElementById("controls");
    this.range = document.getElementById("place");
    const of = (stream) => (each) => each.stream === stream;
    this.films = [...films.querySelectorAll("[data-stream]")].map((root) => {
      const { stream } = root.dataset;
      const fetchSegment = (take, n) => this.fetch(take, n);
      return new Film(root, start.takes.filter(of(stream)), start.gaps.filter(of(stream)), start.segment_ms, fetchSegment);
    });
    this.begins = Math.min(...start.takes.map(({ begins }) => begins));
    this.ends = Math.max(this.begins + 1000, ...start.takes.map(({ ends }) => ends));
    this.at = this.begins;
    this.playing = false;
    this.rate = 1;
    this.last = performance.now();
    Object.assign(this.range, { min: 0, max: this.ends - this.begins, value: 0 });
    this.drawTracks(start);
    this.listen();
    const asked = Number(new URLSearchParams(location.hash.slice(1)).get("at"));
    this.go(asked || this.begins);
    setInterval(() => this.tick(), TICK_MS);
  }

  async fetch(take, number) {
    const body = new URLSearchParams({ take, number, form_token: this.token });
    const response = await fetch(this.segments, { method: "POST", body, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    return response.blob();
  }

  listen() {
    const { controls } = this;
    controls.querySelector('[data-act="toggle"]').addEventListener("click", () => this.toggle());
    for (const button of controls.querySelectorAll("[data-by]")) {
      button.addEventListener("click", () => this.go(this.at + Number(button.dataset.by) * 1000));
    }
    for (const button of document.querySelectorAll("[data-at]")) {
      button.addEventListener("click", () => this.go(Number(button.dataset.at)));
    }
    for (const button of document.querySelectorAll("[data-take]")) {
      button.addEventListener("click", () => (button.form.elements[button.dataset.take].value = this.wall().slice(0, 19)));
    }
    document.getElementById("rate").addEventListener("change", ({ target }) => (this.rate = Number(target.value)));
    this.range.addEventListener("input", () => this.go(this.begins + Number(this.range.value)));
    for (const radio of document.querySelectorAll("[name=sound]")) radio.addEventListener("change", () => this.listenTo());
    this.listenTo();
    addEventListener("keydown", (event) => this.press(event));
  }

  listenTo() {
    const chosen = document.querySelector("[name=sound]:checked");
    for (const film of this.films) film.hasSound = Boolean(chosen) && film.root.dataset.stream === chosen.value;
  }

  press(event) {
    if (event.target.closest("input, select, textarea, button, a, summary")) return;
    const acts = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.go(this.at - STEP_S * 1000),
      ArrowRight: () => this.go(this.at + STEP_S * 1000),
      Home: () => this.go(this.begins),
      End: () => this.go(this.ends),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  toggle() {
    this.playing = !this.playing;
    for (const name of ["play", "pause"]) {
      this.controls.querySelector(`[data-part="${name}"]`).hidden = (name === "pause") !== this.playing;
    }
    this.tick();
  }

  go(at) {
    this.at = Math.min(Math.max(at, this.begins), this.ends - 1);
    this.last = performance.now();
    this.tick();
  }

  /** The clock stands still while a picture is loaded, so that all streams show one moment. */
  tick() {
    const now = performance.now();
    const { at, playing, rate } = this;
    const ready = this.films.map((film) => film.show(at, playing, rate)).every(Boolean);
    if (playing && ready) this.at = Math.min(at + (now - this.last) * rate, this.ends - 1);
    this.last = now;
    if (playing && this.at >= this.ends - 1) this.toggle();
    this.range.value = this.at - this.begins;
    const time = this.wall().slice(11, 19);
    this.range.setAttribute("aria-valuetext", time);
    this.controls.querySelector('[data-part="at"]').textContent = time;
  }

  /** The moment in the exam's zone, as ISO 8601 without one. */
  wall() {
    return new Date(this.at + this.offsetMs).toISOString();
  }

  drawTracks({ takes, marks, segment_ms: segmentMs }) {
    const whole = this.ends - this.begins;
    const draw = (name, state, begins, ends) => {
      const bar = document.createElement("b");
      bar.dataset.state = state;
      bar.style.left = `${(100 * (begins - this.begins)) / whole}%`;
      bar.style.width = `${(100 * (ends - begins)) / whole}%`;
      document.querySelector(`[data-track="${name}"] i`).append(bar);
    };
    for (const { begins, ends } of marks) {
      const from = Math.min(Math.max(begins, this.begins), this.ends);
      draw("marks", "mark", from, Math.min(Math.max(ends, from), this.ends));
    }
    for (const take of takes) {
      for (let n = 0; n < take.stored.length; n += 1) {
        const begins = take.begins + n * segmentMs;
        const state = take.stored[n] === "1" ? "stored" : "missing";
        draw(take.stream, state, begins, Math.min(begins + segmentMs, take.ends));
      }
    }
  }
}

function happens(video, name) {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(video.error), { once: true });
  });
}

if (data) new Player(JSON.parse(data.textContent), Number(data.dataset.offsetMinutes));
