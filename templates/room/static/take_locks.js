/** Locks that say which takes are being recorded, in whatever window, and the rescue of those that are not. */

/** Hold a take's lock while it is recorded; resolves, once it is held, to the function that frees it. */
export function holdTake(take) {
  return new Promise((resolve, reject) => {
    navigator.locks.request(lockOf(take), () => new Promise((release) => resolve(release))).catch(reject);
  });
}

/**
 * Close what killed or reloaded pages left: takes without a promise whose lock is free.
 *
 * A live recorder holds its take's lock, in whatever window it runs, so its parts are never touched. Resolves to the
 * rescued takes, as [{take, stream, segments}].
 */
export async function rescue(parts) {
  const rescued = [];
  for (const { take, stream, promised } of await parts.takes()) {
    if (promised === null) {
      await navigator.locks.request(lockOf(take), { ifAvailable: true }, async (lock) => {
        if (lock !== null) {
          rescued.push({ take, stream, segments: await parts.endTake(take) });
        }
      });
    }
  }
  return rescued;
}

function lockOf(take) {
  return "take-" + take;
}
