/** Opens camera, microphone and screen at an agreed rate, and chooses the recording format. */

/** What is recorded at each rate, by the camera's frames a second. Slow uplinks agree on a lower one. */
export const RATES = {
  15: {
    camera: { width: 640, height: 480, frames: 15, videoBits: 300000, audioBits: 32000 },
    screen: { width: 1280, height: 720, frames: 5, videoBits: 250000 },
  },
  8: {
    camera: { width: 480, height: 360, frames: 8, videoBits: 160000, audioBits: 32000 },
    screen: { width: 1280, height: 720, frames: 3, videoBits: 150000 },
  },
  5: {
    camera: { width: 480, height: 360, frames: 5, videoBits: 100000, audioBits: 24000 },
    screen: { width: 1024, height: 576, frames: 2, videoBits: 80000 },
  },
};

/** Share of the uplink that recordings may fill; the rest is for answers and for catching up. */
const SHARE = 0.7;
/** H.264 first, which costs a third of VP8's time or less; VP8 is in every Chromium. */
const FORMATS = ["video/webm;codecs=h264", "video/webm;codecs=vp8", "video/mp4;codecs=avc1.42E01E"];
const AUDIO = { webm: ",opus", mp4: ",mp4a.40.2" };

/** Return the highest rate that an uplink carries in real time; below all of them the lowest, sent later. */
export function rateFor(uplinkBps) {
  const fitting = [15, 8, 5].filter((rate) => bitsOf(RATES[rate]) <= uplinkBps * SHARE);
  return fitting.length > 0 ? fitting[0] : 5;
}

function bitsOf({ camera, screen }) {
  return camera.videoBits + camera.audioBits + screen.videoBits;
}

/**
 * Open camera and microphone, those with the given device ids or the browser's choice; the browser may ask.
 *
 * `facing` "user" prefers a phone's front camera.
 *
 * Echo and noise filters are off: they would turn a quiet room into digital silence, which is a fault.
 * Rejects with the browser's error (NotAllowedError, NotFoundError, NotReadableError, OverconstrainedError).
 */
export function openCamera(rate = 15, { camera = "", microphone = "", facing = "" } = {}) {
  const { width, height, frames } = RATES[rate].camera;
  const picture = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frames, max: frames } };
  const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: true, channelCount: 1 };
  return navigator.mediaDevices.getUserMedia({
    video: Object.assign(picture, facing === "" ? {} : { facingMode: { ideal: facing } }, exactly(camera)),
    audio: Object.assign(sound, exactly(microphone)),
  });
}

function exactly(device) {
  return device === "" ? {} : { deviceId: { exact: device } };
}

/**
 * Open the whole screen; the browser may show its picker.
 *
 * Rejects with a DOMException named `surface-wrong` if a window or a tab was chosen (its capture is ended), and with
 * the browser's NotAllowedError if the picker was cancelled.
 */
export async function openScreen(rate = 15) {
  const { width, height, frames } = RATES[rate].screen;
  const media = await navigator.mediaDevices.getDisplayMedia({
    video: { displaySurface: "monitor", width: { max: width }, height: { max: height }, frameRate: { max: frames } },
    audio: false,
    selfBrowserSurface: "exclude",
    surfaceSwitching: "exclude",
    monitorTypeSurfaces: "include",
  });
  const surface = surfaceOf(media);
  if (surface !== "monitor") {
    closeMedia(media);
    throw new DOMException(surface, "surface-wrong");
  }
  return media;
}

/** Return what a captured screen shows: "monitor", "window", "browser" (a tab) or "" if that is not known. */
export function surfaceOf(media) {
  return media.getVideoTracks()[0].getSettings().displaySurface || "";
}

/** End all tracks: the camera's light goes out, the share ends. */
export function closeMedia(media) {
  media.getTracks().forEach((track) => track.stop());
}

const broken = new Set();

/** Choose this format no more while the page lives: its encoder is announced, and gives nothing. */
export function avoidFormat(mime) {
  broken.add(mime);
}

/** Return the MIME type in which this browser records `media`; throws NotSupportedError if there is none. */
export function formatFor(media) {
  const sound = media.getAudioTracks().length > 0;
  const formats = FORMATS.map((format) => (sound ? format + AUDIO[format.slice(6).split(";")[0]] : format));
  const supported = formats.find((format) => MediaRecorder.isTypeSupported(format) && !broken.has(format));
  if (supported === undefined) {
    throw new DOMException("no recording format", "NotSupportedError");
  }
  return supported;
}
