/**
 * Says of a photograph what its pixels show for sure: too dark, glare, not sharp. Whose face it is, no machine says.
 *
 * The thresholds were measured on generated pictures of faces and cards, at several blurs, noises and lights
 * (tests/room/browser/test_identity.py). They let a doubtful picture pass: a person looks at each.
 */

/** Pictures are judged at this width: a webcam's noise is averaged out, a card's print is still there. */
const WIDTH = 320;
const DARK_MEAN = 45;
const CLIPPED = 250;
/** The largest share of clipped pixels. A lamp behind a face is common; on a card it hides print. */
const MOST_CLIPPED = { face: 0.3, card: 0.06 };
const SHARP = 18;
/** Gaussian noise has its 99.5th percentile at 4.2 times its median (of absolute values). */
const NOISE = 4.2;
const TOP = 0.995;
/** The part that matters, in shares of the picture: the face, or the card, within the page's frame. */
const FRAMES = { face: [0.3, 0.1, 0.4, 0.55], card: [0.17, 0.2, 0.66, 0.6] };

/** Judge a picture (canvas, video or image): "good", "dark", "bright" or "blurred". */
export function judge(picture, what) {
  const { luma, width, height } = lumaOf(picture, FRAMES[what]);
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  if (mean < DARK_MEAN) return "dark";
  if (luma.filter((value) => value >= CLIPPED).length / luma.length > MOST_CLIPPED[what]) return "bright";
  return sharpness(luma, width, height) < SHARP ? "blurred" : "good";
}

/** How strong the strongest edges are above the noise: the Laplacian's 99.5th percentile less its noise. */
export function sharpness(luma, width, height) {
  const edges = [];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      edges.push(Math.abs(4 * luma[at] - luma[at - 1] - luma[at + 1] - luma[at - width] - luma[at + width]));
    }
  }
  edges.sort((one, other) => one - other);
  return edges[Math.floor(edges.length * TOP)] - NOISE * edges[Math.floor(edges.length / 2)];
}

/** The brightness (ITU-R BT.601) of a part of a picture, scaled to the width at which it is judged. */
function lumaOf(picture, [left, top, wide, high]) {
  const [fullWidth, fullHeight] = [picture.videoWidth || picture.width, picture.videoHeight || picture.height];
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(WIDTH * wide);
  canvas.height = Math.round(((WIDTH * fullHeight) / fullWidth) * high);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const part = [left * fullWidth, top * fullHeight, wide * fullWidth, high * fullHeight];
  pen.drawImage(picture, ...part, 0, 0, canvas.width, canvas.height);
  const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const luma = Array.from({ length: width * height }, (_, at) => {
    return 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
  });
  return { luma, width, height };
}
