/**
 * The player of an attempt: any moment of several streams side by side, by the room's clock.
 *
 * While the attempt runs it goes on into what arrives: it asks for what is newer when it comes to the end of what
 * it knows, draws it, and waits there for the next segment.
 */

import { Film } from "./staff_film.js";
import { Look } from "./staff_look.js";
import { drawLists, place } from "./staff_player_news.js";
import { write } from "./view.js";

const TICK_MS = 100;
const STEP_S = 5;
const MINUTE_S = 60;
/** What an upload takes once a segment is whole; how soon to ask again; and how long at most not to. */
const UPLOAD_MS = 3000;
const ASK_MS = 4000;
const MOST_MS = 30000;
const data = document.getElementById("start");

class Player {
  constructor(start, offsetMinutes) {
    this.offsetMs = offsetMinutes * 60000;
    this.token = start.token;
    this.stage = document.getElementById("films");
    this.segments = this.stage.dataset.segments;
    this.look = new Look(this.stage.dataset.newer, start.token);
    this.idle = 0;
    this.askAt = 0;
    this.segmentMs = start.segment_ms;
    this.controls = document.getElementById("controls");
    this.range = document.getElementById("place");
    this.films = Array.from(this.stage.querySelectorAll("[data-stream]"), (root) => this.filmOf(root));
    this.begins = Math.min(...start.takes.map(({ begins }) => begins));
    this.at = this.begins;
    this.playing = false;
    this.rate = 1;
    this.last = performance.now();
    this.update(start);
    this.listen();
    const asked = Number(new URLSearchParams(location.hash.slice(1)).get("at"));
    this.go(asked || this.begins);
    setInterval(() => this.tick(), TICK_MS);
  }

  filmOf(root) {
    return new Film(root, [], [], this.segmentMs, (take, n) => this.fetch(take, n));
  }

  /** Take over what the room knows by now: takes, gaps, marks, its clock, and whether more may come. */
  update({ now, live, takes, gaps, marks }) {
    this.roomAt = now - performance.now();
    this.live = live;
    this.marks = marks;
    for (const { stream } of takes) this.meet(stream);
    this.begins = Math.min(this.begins, ...takes.map(({ begins }) => begins));
    for (const film of this.films) {
      const ofFilm = ({ stream }) => stream === film.root.dataset.stream;
      film.update(takes.filter(ofFilm), gaps.filter(ofFilm));
    }
    this.ends = Math.max(this.begins + 1000, live ? now : 0, ...takes.map(({ ends }) => ends));
    const isRecorded = live && takes.some(({ running }) => running);
    this.edge = isRecorded ? Math.max(this.begins + 1, ...this.films.map(({ edge }) => edge)) : this.ends;
    Object.assign(this.range, { min: 0, max: this.ends - this.begins });
    this.drawTracks(takes);
    for (const part of this.controls.querySelectorAll("[data-live]")) part.hidden = !live;
  }

  /** See to it that a stream has its picture and its track. */
  meet(stream) {
    if (this.films.some(({ root }) => root.dataset.stream === stream)) return;
    this.films.push(this.filmOf(place(this.stage, `[data-stream="${stream}"]`)));
    place(document.getElementById("tracks"), `[data-track="${stream}"]`);
  }

  /** The room's clock. */
  now() {
    return this.roomAt + performance.now();
  }

  /** Whether the next picture is still to come: no stream has it, or one of them is about to have it. */
  isHeld() {
    if (!this.live) return false;
    const now = this.now();
    return this.at >= this.edge - 1 || this.films.some((film) => film.awaits(this.at, now));
  }

  /** At the end of what is known, ask for what is newer: one question at a time, and none while paused. */
  seekNewer(held) {
    const near = held || this.edge - this.at < this.segmentMs;
    if (!this.live || !this.playing || !near || performance.now() < this.askAt) return;
    this.askAt = Infinity;
    const before = this.edge;
    this.look
      .ask()
      .then((news) => {
        this.update(news);
        drawLists(news.lists);
      })
      .catch(() => undefined)
      .then(() => {
        this.idle = this.edge > before ? 0 : this.idle + 1;
        this.askAt = performance.now() + this.untilNext();
      });
  }

  /** Until something can have come, and ever longer while nothing does. */
  untilNext() {
    const due = Math.min(...this.films.map((film) => film.due)) + UPLOAD_MS - this.now();
    return Math.min(Math.max(due, ASK_MS * 2 ** this.idle), MOST_MS);
  }

  async fetch(take, number) {
    const body = new URLSearchParams({ take, number, follow: this.look.key, form_token: this.token });
    const response = await fetch(this.segments, { method: "POST", body, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    return response.blob();
  }

  listen() {
    const { controls } = this;
    controls.querySelector('[data-act="toggle"]').addEventListener("click", () => this.toggle());
    controls.querySelector('[data-act="newest"]').addEventListener("click", () => this.goNewest());
    for (const button of controls.querySelectorAll("[data-by]")) {
      button.addEventListener("click", () => this.go(this.at + Number(button.dataset.by) * 1000));
    }
    document.addEventListener("click", ({ target }) => {
      const line = target.closest("[data-at]");
      if (line) this.go(Number(line.dataset.at));
    });
    for (const button of document.querySelectorAll("[data-take]")) {
      button.addEventListener("click", () => (button.form.elements[button.dataset.take].value = this.wall().slice(0, 19)));
    }
    document.getElementById("rate").addEventListener("change", ({ target }) => (this.rate = Number(target.value)));
    this.range.addEventListener("input", () => this.go(this.begins + Number(this.range.value)));
    this.stage.addEventListener("change", () => this.listenTo());
    this.listenTo();
    addEventListener("keydown", (event) => this.press(event));
  }

  listenTo() {
    const chosen = document.querySelector("[name=sound]:checked");
    for (const film of this.films) film.hasSound = Boolean(chosen) && film.root.dataset.stream === chosen.value;
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    const acts = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.go(this.at - STEP_S * 1000),
      ArrowRight: () => this.go(this.at + STEP_S * 1000),
      Home: () => this.go(this.begins),
      End: () => this.go(this.edge),
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

  /** Go to the newest picture, and on from there. */
  goNewest() {
    this.go(this.edge);
    if (!this.playing) this.toggle();
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
    const held = this.isHeld();
    const runs = playing && !held;
    const ready = this.films.map((film) => film.show(at, runs, rate)).every(Boolean);
    if (runs && ready) this.at = Math.min(at + (now - this.last) * rate, this.edge - 1);
    this.last = now;
    if (playing && !this.live && this.at >= this.ends - 1) this.toggle();
    this.seekNewer(held);
    this.showBehind(playing && held);
    this.range.value = this.at - this.begins;
    this.sayTime(this.wall().slice(11, 19));
  }

  /** What is unchanged is left alone: the page is drawn once a second, and not with every tick. */
  sayTime(time) {
    if (this.range.getAttribute("aria-valuetext") !== time) this.range.setAttribute("aria-valuetext", time);
    write(this.controls.querySelector('[data-part="at"]'), time);
  }

  /** The moment in the exam's zone, as ISO 8601 without one. */
  wall() {
    return new Date(this.at + this.offsetMs).toISOString();
  }

  /** How far the picture is behind the room's clock, and whether the next one is waited for. */
  showBehind(waits) {
    const place = this.controls.querySelector('[data-part="behind"]');
    const { behind, seconds, minutes } = place.dataset;
    const whole = Math.max(0, Math.round((this.now() - this.at) / 1000));
    const inMinutes = minutes.replace("{}", Math.floor(whole / MINUTE_S)).replace("{}", whole % MINUTE_S);
    const text = behind.replace("{}", whole < 2 * MINUTE_S ? seconds.replace("{}", whole) : inMinutes);
    write(place, text);
    this.controls.querySelector('[data-part="waits"]').hidden = !waits;
  }

  drawTracks(takes) {
    const { marks, segmentMs } = this;
    if (marks.length) place(document.getElementById("tracks"), '[data-track="marks"]');
    for (const track of document.querySelectorAll("[data-track] i")) track.replaceChildren();
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
      const known = take.begins + take.stored.length * segmentMs;
      if (take.running && known < take.ends) draw(take.stream, "coming", known, take.ends);
      for (let n = 0; n < take.stored.length; n += 1) {
        const begins = take.begins + n * segmentMs;
        const state = take.stored[n] === "1" ? "stored" : "missing";
        draw(take.stream, state, begins, Math.min(begins + segmentMs, take.ends));
      }
    }
  }
}

if (data) new Player(JSON.parse(data.textContent), Number(data.dataset.offsetMinutes));
