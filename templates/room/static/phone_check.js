/** The phone's step "check": what it can see of itself, and what it has to ask. */

import { closeMedia } from "./capture.js";
import { LevelCheck, PictureCheck, alive, whyNot } from "./devices.js";
import { Still } from "./still.js";
import { on, part } from "./view.js";

const LOOK_MS = 150;
const FACTS_EVERY = 20;
const OLDEST_API = 26;
const ENOUGH_BATTERY = 60;
const ASKED = ["system", "storage", "battery"];

export class CheckStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.video = root.querySelector("video");
    this.looks = 0;
    this.picture = null;
    this.level = null;
    this.form = root.querySelector("form");
    this.form.addEventListener("submit", (event) => this.submit(event));
    on(root, "open", () => this.open());
    if (alive(page.recording.media.phone)) this.watch(page.recording.media.phone);
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.inspect();
  }

  leave() {
    clearInterval(this.timer);
    if (this.level) this.level.close();
  }

  state(name, value) {
    const place = this.root.querySelector(`[data-check="${name}"]`);
    if (value) place.dataset.state = value;
    return place.dataset.state;
  }

  /** Open the front camera and the microphone. */
  async open() {
    const { media, streams } = this.page.recording;
    if (media.phone) closeMedia(media.phone);
    media.phone = null;
    try {
      media.phone = await streams.phone.open();
      await this.watch(media.phone);
    } catch (error) {
      const why = await whyNot(error);
      this.state("camera", why.camera || "closed");
      this.state("microphone", why.microphone || "closed");
    }
  }

  async watch(media) {
    if (this.level) this.level.close();
    this.video.srcObject = media;
    this.level = new LevelCheck(media);
    this.picture = new PictureCheck(this.video);
    this.state("camera", "checking");
    this.state("microphone", "checking");
    part(this.root, "closed", false);
    await this.video.play().catch(() => undefined);
  }

  look() {
    this.looks += 1;
    if (this.picture && this.looks % 3 === 0) this.state("camera", this.picture.look());
    if (this.level) this.state("microphone", this.level.look());
    if (this.looks % FACTS_EVERY === 0) this.inspect();
    const broken = ["denied", "busy", "missing", "frozen"].includes(this.state("camera"));
    part(this.root, "closed", broken || this.picture === null);
  }

  /** What the phone says of itself: good, wrong, or to be asked ("kept"). */
  async inspect() {
    const { shell, needs } = this.page;
    const { android } = shell.facts();
    const free = await shell.freeMib().catch(() => null);
    const { battery, charging } = shell.charge();
    const version = shell.android;
    this.state("system", finding(android === null ? (version === null ? null : version >= needs.android) : android >= OLDEST_API));
    // A browser's estimate may be lower than what the phone has, never higher: enough is enough.
    const enough = free !== null && free >= needs.freeMib;
    this.state("storage", enough ? "good" : shell.app ? "wrong" : "kept");
    this.state("battery", finding(battery === null ? null : charging || battery >= ENOUGH_BATTERY));
    for (const name of ASKED) this.root.querySelector(`[data-ask="${name}"]`).hidden = this.state(name) !== "kept";
    part(this.root, "low", ["storage", "battery"].some((name) => this.state(name) === "wrong"));
  }

  submit(event) {
    event.preventDefault();
    const boxes = Array.from(this.form.querySelectorAll("input")).filter((box) => !box.closest("label").hidden);
    const missing = boxes.find((box) => !box.checked);
    const open = ["camera", "microphone"].every((name) => this.state(name) === "good");
    const sound = this.state("system") !== "wrong";
    this.root.querySelector('[data-fault="tick"]').hidden = !missing;
    this.root.querySelector('[data-fault="devices"]').hidden = (open && sound) || Boolean(missing);
    if (missing) missing.focus();
    else if (open && sound) this.page.passed("check", this.facts());
  }

  facts() {
    const found = {};
    for (const name of ["camera", "microphone"].concat(ASKED)) found[name] = this.state(name);
    return found;
  }
}

function finding(holds) {
  if (holds === null) return "kept";
  return holds ? "good" : "wrong";
}
