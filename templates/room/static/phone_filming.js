/**
 * The phone's recording: one stream, opened with the front camera, by the recorder and the uploader of the room's page.
 *
 * A module of its own, which the page loads after it has drawn itself: the recorder is most of what there is to load.
 */

import { openCamera } from "./capture.js";
import { QUOTA_STOP } from "./computer_watch.js";
import { LivePictures } from "./live_pictures.js";
import { Recording } from "./recording.js";

export { CheckStep } from "./phone_check.js";

/** Make the recording of a page; see `Recording` for what the page gives. */
export function phoneRecording(page) {
  return new Recording(page, { phone: { open: () => openCamera(undefined, { facing: "user" }), reopens: true } });
}

/** What sends pictures of a page's recording for those who watch; `epoch()` is the phone's. */
export function phonePictures(page, epoch) {
  return new LivePictures({
    path: () => `/phone/api/picture?epoch=${epoch()}`,
    media: (stream) => (page.recording.recorders[stream] ? page.recording.media[stream] : null),
    backlog: () => page.backlog,
  });
}

/** Whether there is space again for recordings that ended without. */
export async function hasSpace() {
  const { quota, usage } = await navigator.storage.estimate();
  return quota - usage > 2 * QUOTA_STOP;
}
