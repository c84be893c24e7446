/** The recorder's test page: opens devices, records, and beats as the room's page does. */

import { closeMedia, openCamera, openScreen } from "/room/static/capture.js";
import { Recorder, openParts, rescue } from "/room/static/recorder.js";
import { Uploader } from "/room/static/uploader.js";

const query = new URLSearchParams(location.search);
const events = [];
const room = { recorders: {}, media: {}, replaced: false, errors: [], progress: null, ready: false };
window.room = room;

function onEvent(event) {
  events.push(event);
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (response.status === 409) {
    room.replaced = true;
    await room.close();
  }
  if (!response.ok) {
    throw new Error(String(response.status));
  }
  return response.json();
}

async function beat(part) {
  const sent = events.slice();
  const answer = await post("/room/api/beat", Object.assign({ epoch: room.epoch, events: sent }, part));
  events.splice(0, sent.length);
  return answer;
}

/** Record "camera" or "screen" until `stop`. */
room.record = async (stream, options = {}) => {
  const rate = Number(query.get("rate") || 5);
  const media = stream === "screen" ? await openScreen(rate) : await openCamera(rate);
  const lengths = { segmentMs: Number(query.get("segment") || 1500), partMs: Number(query.get("part") || 500) };
  const recorder = new Recorder(Object.assign({ stream, media, rate, parts: room.parts, onEvent }, lengths, options));
  room.media[stream] = media;
  room.recorders[stream] = recorder;
  await recorder.start();
  return recorder.take;
};

/** Ask for a stream; `room.asked` becomes "recording" or the name of the error. */
room.ask = (stream) => {
  room.asked = "";
  room.record(stream).then(
    () => {
      room.asked = "recording";
    },
    (error) => {
      room.asked = error.name;
    },
  );
};

/** Stop recorders, and leave devices open or not. */
room.stop = async () => {
  await Promise.all(Object.keys(room.recorders).map((stream) => room.recorders[stream].stop()));
  Object.keys(room.media).forEach((stream) => closeMedia(room.media[stream]));
  room.recorders = {};
  room.media = {};
  room.uploader.poke();
};

/** What an older window does when a newer one has taken over. */
room.close = async () => {
  await room.stop();
  room.uploader.stop();
};

room.rescue = () => rescue(room.parts);

/** How many records each store holds. */
room.left = async () => {
  const count = (name) =>
    new Promise((resolve) => {
      const request = room.parts._database.transaction(name).objectStore(name).count();
      request.onsuccess = () => resolve(request.result);
    });
  return { parts: await count("parts"), segments: await count("segments") };
};

addEventListener("unhandledrejection", (event) => room.errors.push(String(event.reason)));
addEventListener("error", (event) => room.errors.push(event.message));

room.parts = await openParts(query.get("name") || "attempt");
room.epoch = (await post("/room/api/join", {})).epoch;
room.uploader = new Uploader({
  parts: room.parts,
  beat,
  onEvent,
  onProgress: (progress) => {
    room.progress = progress;
  },
});
room.uploader.start();
for (const stream of (query.get("record") || "").split(",").filter(Boolean)) {
  await room.record(stream);
}
room.ready = true;
