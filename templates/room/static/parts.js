/**
 * Recordings in IndexedDB: takes, their parts of some seconds, and the segments that parts make up.
 *
 * A recorder writes its output as parts. When a segment ends, its parts stay where they are, and a record with
 * number, size and SHA-256 is written beside them; the upload joins them again. So each byte is written once, and a
 * browser that is killed at any moment leaves parts from which the segment can still be closed.
 *
 * - `takes`: {take, stream, mime, began_at, next_run, count, promised, received, faults, bytes, settled}
 * - `parts`: {take, run, k, blob, started_at, ended_at}; a run is one MediaRecorder
 * - `segments`: {take, n, run, parts, stream, mime, size, sha256, started_at, ended_at, rank, fault}
 *
 * Every write is a transaction with `durability: "strict"`: it is on the disc when the promise resolves.
 */

import { bytesOf } from "./blobs.js";
import { hex } from "./hex.js";

const VERSION = 1;
/** Rank of a segment that the server refused for good: behind all others, and never sent again. */
const FAULTY = 1000;
/** Which stream is uploaded first. */
const RANKS = { camera: 0, phone: 1, screen: 2 };
/** Above every number in a key (IndexedDB orders numbers before strings). */
const END = Infinity;

/** Open the database `name`, which is made if it is missing; resolves to `Parts`. */
export function openParts(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => createStores(request.result);
    request.onsuccess = () => resolve(new Parts(request.result));
    request.onerror = () => reject(request.error);
  });
}

function createStores(database) {
  database.createObjectStore("takes", { keyPath: "take" });
  database.createObjectStore("parts", { keyPath: ["take", "run", "k"] });
  database.createObjectStore("segments", { keyPath: ["take", "n"] }).createIndex("order", ["rank", "started_at"]);
}

/** The stored recordings of one attempt. */
export class Parts {
  constructor(database) {
    this._database = database;
    database.onversionchange = () => database.close();
  }

  /** Store a new take, before its first part. */
  addTake({ take, stream, mime, began_at }) {
    const counts = { next_run: 0, count: 0, received: 0, faults: 0, bytes: 0 };
    const record = Object.assign({ take, stream, mime, began_at, promised: null, settled: false }, counts);
    return this._write(["takes"], (stores) => stores.takes.add(record));
  }

  /** Store one part of a run. */
  addPart(part) {
    return this._write(["parts"], (stores) => stores.parts.add(part));
  }

  /**
   * Close a run: its parts become the take's next segment. Runs are closed in order.
   *
   * The number is given here and not when the run begins, so that numbers have no gaps, whatever a crash left out.
   * Closing a run twice changes nothing. Resolves to the segment, or to null if there is none.
   */
  async closeRun(take, run) {
    const parts = await readable(await this._parts(take, run));
    const summary = parts.length === 0 ? null : await summarise(parts);
    return this._write(["takes", "segments"], async (stores) => {
      const record = await settled(stores.takes.get(take));
      if (record.next_run > run) {
        return null;
      }
      record.next_run = run + 1;
      const segment = summary && segmentOf(record, run, summary);
      if (segment !== null) {
        record.count += 1;
        record.bytes += segment.size;
        stores.segments.add(segment);
      }
      stores.takes.put(record);
      return segment;
    });
  }

  /**
   * End a take: close the runs that are still open, and promise the number of its segments.
   *
   * Only the holder of the take's lock may call it. Resolves to the promised number.
   */
  async endTake(take) {
    for (const run of await this._openRuns(take)) {
      await this.closeRun(take, run);
    }
    return this._changeTake(take, (record) => {
      record.promised = record.count;
      return record.promised;
    });
  }

  /** Return all takes; there are as many as there were starts of a recorder. */
  takes() {
    return this._read(["takes"], (stores) => stores.takes.getAll());
  }

  /** Mark a take that the server knows whole: it need not be told of it again. */
  settleTake(take) {
    return this._changeTake(take, (record) => {
      record.settled = true;
    });
  }

  /** Return at most `limit` segments that wait for the server, in the order of the upload. */
  waiting(limit) {
    const healthy = IDBKeyRange.upperBound([FAULTY], true);
    return this._read(["segments"], (stores) => stores.segments.index("order").getAll(healthy, limit));
  }

  /** Return one segment's record, or undefined. */
  segment(take, n) {
    return this._read(["segments"], (stores) => stores.segments.get([take, n]));
  }

  /** Return a segment's file. */
  async file(segment) {
    const parts = await this._parts(segment.take, segment.run);
    const blobs = parts.slice(0, segment.parts).map((part) => part.blob);
    return new Blob(blobs, { type: segment.mime });
  }

  /** Delete a segment that the server has: call it for nothing else. Deleting it again changes nothing. */
  drop(take, n) {
    return this._write(["takes", "segments", "parts"], async (stores) => {
      const segment = await settled(stores.segments.get([take, n]));
      if (segment === undefined) {
        return;
      }
      stores.parts.delete(rangeOf(take, segment.run));
      stores.segments.delete([take, n]);
      const record = await settled(stores.takes.get(take));
      record.received += 1;
      if (segment.rank < FAULTY) {
        record.bytes -= segment.size;
      } else {
        record.faults -= 1;
      }
      stores.takes.put(record);
    });
  }

  /** Mark a segment that the server refuses for good. It is kept, and left out of the upload. */
  markFaulty(take, n, fault) {
    return this._write(["takes", "segments"], async (stores) => {
      const segment = await settled(stores.segments.get([take, n]));
      if (segment === undefined || segment.rank >= FAULTY) {
        return;
      }
      const record = await settled(stores.takes.get(take));
      record.faults += 1;
      record.bytes -= segment.size;
      stores.takes.put(record);
      stores.segments.put(Object.assign(segment, { rank: FAULTY, fault }));
    });
  }

  /** Delete everything: only after the attempt is complete. */
  clear() {
    return this._write(["takes", "segments", "parts"], (stores) => {
      stores.parts.clear();
      stores.segments.clear();
      stores.takes.clear();
    });
  }

  /** Close the database. */
  close() {
    this._database.close();
  }

  _parts(take, run) {
    return this._read(["parts"], (stores) => stores.parts.getAll(rangeOf(take, run)));
  }

  /** The runs of a take that have parts and are not closed, in order. */
  _openRuns(take) {
    return this._read(["takes", "parts"], async (stores) => {
      const record = await settled(stores.takes.get(take));
      const open = IDBKeyRange.bound([take, record.next_run, 0], [take, END, END]);
      const keys = await settled(stores.parts.getAllKeys(open));
      return Array.from(new Set(keys.map((key) => key[1])));
    });
  }

  _changeTake(take, change) {
    return this._write(["takes"], async (stores) => {
      const record = await settled(stores.takes.get(take));
      const result = change(record);
      stores.takes.put(record);
      return result;
    });
  }

  _read(names, work) {
    return this._transact(names, "readonly", work);
  }

  _write(names, work) {
    return this._transact(names, "readwrite", work);
  }

  /** Run `work(stores)` in a transaction; resolves after the commit to its result, or that of its request. */
  _transact(names, mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this._database.transaction(names, mode, { durability: "strict" });
      const stores = {};
      names.forEach((name) => {
        stores[name] = transaction.objectStore(name);
      });
      let result;
      transaction.oncomplete = () => resolve(result instanceof IDBRequest ? result.result : result);
      transaction.onabort = () => reject(transaction.error || new DOMException("aborted", "AbortError"));
      Promise.resolve(work(stores)).then(
        (value) => {
          result = value;
        },
        (error) => {
          reject(error);
          abort(transaction);
        },
      );
    });
  }
}

/** Abort a transaction, unless its own error did so first. */
function abort(transaction) {
  try {
    transaction.abort();
  } catch (error) {
    if (error.name !== "InvalidStateError") {
      throw error;
    }
  }
}

/** Resolve to the result of an IndexedDB request, within its transaction. */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function rangeOf(take, run) {
  return IDBKeyRange.bound([take, run, 0], [take, run, END]);
}

/** Return the leading parts that can be read: after a hole the rest of a recording cannot be played. */
async function readable(parts) {
  const whole = [];
  for (const part of parts) {
    try {
      whole.push(Object.assign({ bytes: await bytesOf(part.blob) }, part));
    } catch (error) {
      break;
    }
  }
  return whole;
}

/** Return what a segment's record says about its parts, from the bytes that were read back. */
async function summarise(parts) {
  const bytes = await bytesOf(new Blob(parts.map((part) => part.bytes)));
  return {
    parts: parts.length,
    size: bytes.byteLength,
    sha256: hex(await crypto.subtle.digest("SHA-256", bytes)),
    started_at: parts[0].started_at,
    ended_at: parts[parts.length - 1].ended_at,
  };
}

function segmentOf(record, run, summary) {
  const { take, stream, mime, count } = record;
  const rank = stream in RANKS ? RANKS[stream] : FAULTY - 1;
  return Object.assign({ take, n: count, run, stream, mime, rank, fault: null }, summary);
}
