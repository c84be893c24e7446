/** The step "devices": three checks, and what may go on without them. */

import { closeMedia, openScreen } from "./capture.js";
import { LevelCheck, PictureCheck, choose, devices, openChosen, tone, whyNot } from "./devices.js";
import { Still } from "./still.js";
import { on, part } from "./view.js";

const LOOK_MS = 150;
const SCREEN_FAULTS = { "surface-wrong": "wrong", NotAllowedError: "cancelled" };

export class DevicesStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.video = root.querySelector('[data-preview="camera"]');
    this.picture = null;
    this.level = null;
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.looks = 0;
    on(root, "open", () => this.open());
    on(root, "share", () => this.share());
    on(root, "tone", () => this.play());
    on(root, "heard", () => this.speaks("good"));
    on(root, "unheard", () => this.speaks("bad"));
    on(root, "ready", () => this.finish(true));
    on(root, "ready-anyway", () => this.finish(false));
    for (const select of root.querySelectorAll("select")) select.addEventListener("change", () => this.open());
  }

  leave() {
    clearInterval(this.timer);
    if (this.level) this.level.close();
  }

  card(name) {
    return this.root.querySelector(`[data-device="${name}"]`);
  }

  state(name, value) {
    if (value) this.card(name).dataset.state = value;
    return this.card(name).dataset.state;
  }

  /** Open camera and microphone, as chosen. */
  async open() {
    const { recording } = this.page;
    this.shut();
    this.state("camera", "opening");
    this.choose();
    try {
      recording.media.camera = await openChosen();
      await this.check(recording.media.camera);
    } catch (error) {
      const why = await whyNot(error);
      this.state("camera", why.camera || "closed");
      this.state("microphone", why.microphone || "closed");
    }
    for (const button of this.root.querySelectorAll('[data-act="open"]')) button.hidden = !("again" in button.dataset);
  }

  shut() {
    const { recording } = this.page;
    if (this.level) this.level.close();
    this.level = null;
    this.picture = null;
    if (recording.media.camera) closeMedia(recording.media.camera);
    recording.media.camera = null;
  }

  async check(media) {
    this.video.srcObject = media;
    this.level = new LevelCheck(media);
    this.picture = new PictureCheck(this.video);
    this.state("camera", "checking");
    this.state("microphone", "checking");
    await this.video.play().catch(() => undefined);
    await this.list(media);
  }

  /** Remember what the lists say; they are empty until something was opened. */
  choose() {
    const value = (name) => this.root.querySelector(`[data-select="${name}"]`).value;
    if (value("camera") || value("microphone")) choose({ camera: value("camera"), microphone: value("microphone") });
  }

  /** Offer the devices where there is a choice, and warn of virtual cameras. */
  async list(media) {
    const found = await devices();
    for (const [name, sort] of [["camera", "videoinput"], ["microphone", "audioinput"]]) {
      const track = media.getTracks().find((each) => (each.kind === "video") === (name === "camera"));
      this.offer(name, found.filter((device) => device.kind === sort), track.getSettings().deviceId);
    }
    const warning = this.root.querySelector('[data-warning="virtual"]');
    const label = media.getVideoTracks()[0].label.toLowerCase();
    const virtual = warning.dataset.names.split(",").some((name) => label.includes(name));
    if (virtual) this.page.note("virtual-camera", {});
    warning.hidden = !virtual;
  }

  offer(name, found, used) {
    const select = this.root.querySelector(`[data-select="${name}"]`);
    const option = ({ label, deviceId }) => new Option(label, deviceId, false, deviceId === used);
    select.replaceChildren(...found.map(option));
    this.root.querySelector(`[data-choice="${name}"]`).hidden = found.length < 2;
  }

  /** Share the screen; only the whole of it will do. */
  async share() {
    const { recording } = this.page;
    if (recording.media.screen) closeMedia(recording.media.screen);
    this.state("screen", "checking");
    try {
      const media = await openScreen();
      recording.media.screen = media;
      media.getVideoTracks()[0].addEventListener("ended", () => this.state("screen", "ended"), { once: true });
      this.state("screen", "good");
    } catch (error) {
      recording.media.screen = null;
      this.state("screen", SCREEN_FAULTS[error.name] || "denied");
      if (error.name === "surface-wrong") this.page.note("surface-wrong", { surface: error.message });
    }
  }

  play() {
    tone();
    part(this.root, "heard", true);
  }

  speaks(value) {
    this.root.querySelector("[data-speaker]").dataset.speaker = value;
    part(this.root, "heard", false);
  }

  look() {
    this.looks += 1;
    if (this.picture && this.looks % 3 === 0) this.state("camera", this.picture.look());
    if (this.level) {
      this.state("microphone", this.level.look());
      this.root.querySelector("[data-level]").value = this.level.level;
    }
    this.gate();
  }

  /** Hard until the gates fall; from then on one may go on with what there is. */
  gate() {
    const ready = ["camera", "microphone", "screen"].every((name) => this.state(name) === "good");
    const late = this.page.gatesFallen();
    const go = this.root.querySelector('[data-act="ready"]');
    go.disabled = !ready;
    go.hidden = !ready && late;
    this.root.querySelector('[data-act="ready-anyway"]').hidden = ready || !late;
    part(this.root, "late", !ready && late);
    part(this.root, "not-ready", !ready && !late);
  }

  finish(ready) {
    const facts = { ready };
    for (const name of ["camera", "microphone", "screen"]) facts[name] = this.state(name);
    facts.speaker = this.root.querySelector("[data-speaker]").dataset.speaker;
    this.page.passed("devices", facts);
  }
}
