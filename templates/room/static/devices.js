/** Camera, microphone and screen of this computer: how they are opened, and whether they deliver anything. */

import { openCamera } from "./capture.js";

const CHOICE = "oneseat-devices";
const DARK = 14;
const LOUD = 6;
const FROZEN_AFTER = 8;
const SILENT_AFTER_MS = 8000;

/** The devices that were chosen last on this computer: {camera, microphone}, or nothing. */
export function chosenDevices() {
  return JSON.parse(localStorage.getItem(CHOICE) || "{}");
}

export function choose(devices) {
  localStorage.setItem(CHOICE, JSON.stringify(devices));
}

/** Open the chosen camera and microphone, or any where those are gone. */
export async function openChosen() {
  try {
    return await openCamera(undefined, chosenDevices());
  } catch (error) {
    if (error.name !== "OverconstrainedError") throw error;
    return openCamera();
  }
}

/** Why opening failed: denied, busy, or which of the two is missing. */
export async function whyNot(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return { camera: "denied" };
  if (error.name === "NotReadableError" || error.name === "AbortError") return { camera: "busy" };
  const found = await devices();
  if (!found.some((device) => device.kind === "videoinput")) return { camera: "missing" };
  return { microphone: "missing" };
}

/** The devices that the browser names, or none. */
export async function devices() {
  try {
    return await navigator.mediaDevices.enumerateDevices();
  } catch (error) {
    return [];
  }
}

/** Whether a stream still delivers. */
export function alive(media) {
  return Boolean(media) && media.getTracks().length > 0 && media.getTracks().every((track) => track.readyState === "live");
}

/** Looks at a video now and then: good, black, frozen, or still checking. */
export class PictureCheck {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
    this.canvas.width = 32;
    this.canvas.height = 24;
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.before = "";
    this.same = 0;
    this.dark = 0;
    this.good = 0;
  }

  look() {
    if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return this.count(false, true);
    this.pen.drawImage(this.video, 0, 0, 32, 24);
    const pixels = this.pen.getImageData(0, 0, 32, 24).data;
    const now = pixels.join();
    const same = now === this.before;
    this.before = now;
    return this.count(brightest(pixels) < DARK, same);
  }

  count(dark, same) {
    this.dark = dark ? this.dark + 1 : 0;
    this.same = same ? this.same + 1 : 0;
    this.good = dark ? 0 : this.good + (same ? 0 : 1);
    if (this.dark >= 3) return "black";
    if (this.same >= FROZEN_AFTER) return "frozen";
    return this.good >= 3 ? "good" : "checking";
  }
}

function brightest(pixels) {
  let most = 0;
  for (let index = 0; index < pixels.length; index += 4) {
    most = Math.max(most, (pixels[index] + 2 * pixels[index + 1] + pixels[index + 2]) / 4);
  }
  return most;
}

/** Measures a microphone's loudness; good once something was heard, silent when nothing is for a while. */
export class LevelCheck {
  constructor(media) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(media).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
    this.heard = 0;
    this.since = performance.now();
    this.level = 0;
  }

  look() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    this.level = Math.min(100, Math.round(Math.sqrt(power) * 400));
    if (this.level >= LOUD) this.heard += 1;
    if (this.heard >= 3) return "good";
    return performance.now() - this.since > SILENT_AFTER_MS ? "silent" : "checking";
  }

  close() {
    this.context.close();
  }
}

/** Play a test tone of a second. */
export function tone() {
  const context = new AudioContext();
  const wave = context.createOscillator();
  const volume = context.createGain();
  wave.frequency.value = 620;
  volume.gain.value = 0.25;
  wave.connect(volume).connect(context.destination);
  wave.start();
  wave.stop(context.currentTime + 1);
  wave.onended = () => context.close();
}
