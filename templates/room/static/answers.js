/** Answers: chained by their hashes, kept in IndexedDB until the room says that it has saved them. */

import { Refused } from "./api.js";
import { sha256 } from "./hex.js";

const START = "0".repeat(64);
/** The hash is wrong, or the answer does not follow the room's last one. */
const BROKEN = ["OS-2017", "OS-2018"];
const DATABASE = "oneseat-answers";
const VERSION = 3;
const STORES = [["unsent", ["attempt", "sequence"]], ["progress", "attempt"], ["refused", ["attempt", "hash"]], ["help", "attempt"]];

/** JSON with sorted keys and without blanks: the form that is hashed. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

/** Unsent answers, and where the candidate was. Every write is on the disk when it resolves. */
export class AnswerStore {
  static async open() {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      const known = request.result.objectStoreNames;
      for (const [name, keyPath] of STORES) if (!known.contains(name)) request.result.createObjectStore(name, { keyPath });
    };
    return new AnswerStore(await settled(request));
  }

  constructor(database) {
    this.database = database;
  }

  async change(name, act) {
    const transaction = this.database.transaction(name, "readwrite", { durability: "strict" });
    act(transaction.objectStore(name));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
  }

  keep(answer) {
    return this.change("unsent", (store) => store.put(answer));
  }

  /** Replace an attempt's unsent answers. */
  replace(attempt, answers) {
    return this.change("unsent", (store) => {
      store.delete(IDBKeyRange.bound([attempt], [attempt, []]));
      answers.forEach((answer) => store.put(answer));
    });
  }

  drop(answer) {
    return this.change("unsent", (store) => store.delete([answer.attempt, answer.sequence]));
  }

  /** Keep an answer that the room refuses for good; it is not sent again. */
  refuse(answer) {
    return this.change("refused", (store) => store.put(answer));
  }

  /** Keep a request for help until the room has it. */
  keepHelp(attempt, request) {
    return this.change("help", (store) => store.put({ attempt, request }));
  }

  dropHelp(attempt) {
    return this.change("help", (store) => store.delete(attempt));
  }

  async help(attempt) {
    const kept = await settled(this.database.transaction("help").objectStore("help").get(attempt));
    return kept && kept.request;
  }

  unsent(attempt) {
    const store = this.database.transaction("unsent").objectStore("unsent");
    return settled(store.getAll(IDBKeyRange.bound([attempt], [attempt, []])));
  }

  async forget(attempt) {
    await this.replace(attempt, []);
    await this.change("progress", (store) => store.delete(attempt));
  }

  /** Remember where the candidate is: question, phase, since when. */
  remember(attempt, place) {
    return this.change("progress", (store) => store.put(Object.assign({ attempt }, place)));
  }

  place(attempt) {
    return settled(this.database.transaction("progress").objectStore("progress").get(attempt));
  }
}

/** In the place of a store that cannot be opened: answers are sent at once, and kept nowhere. */
export class NoStore {
  async keep() {}

  async replace() {}

  async drop() {}

  async refuse() {}

  async keepHelp() {}

  async dropHelp() {}

  async help() {
    return undefined;
  }

  async forget() {}

  async unsent() {
    return [];
  }

  async remember() {}

  async place() {
    return undefined;
  }
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * One attempt's answers in order. `send` posts one to the room; `onChange` runs when one was saved or kept, and
 * `onBroken` when the room's chain is another one: load it again.
 */
export class Answers {
  constructor({ attempt, store, send, onChange, onBroken }) {
    Object.assign(this, { attempt, store, send, onChange, onBroken });
    this.head = START;
    this.sequence = 0;
    this.byQuestion = new Map();
    this.queue = [];
    this.sending = null;
    this.recorded = Promise.resolve();
  }

  /** Take over what the room has, and put what it does not have after it. */
  async load(saved) {
    this.head = START;
    this.sequence = 0;
    for (const answer of saved) this.advance(answer, Date.parse(answer.received_at), answer.late);
    const known = new Set(saved.map((answer) => answer.hash));
    const left = (await this.store.unsent(this.attempt)).filter((answer) => !known.has(answer.hash));
    await this.follow(left);
    this.pump();
  }

  /** Put answers that the room does not have after its last one, and keep them so. */
  async follow(answers) {
    const chained = [];
    for (const answer of answers) chained.push(await this.chain(answer.question, answer.value, answer.made_at));
    await this.store.replace(this.attempt, chained);
    this.queue = chained;
  }

  /** Keep an answer on the disk, after those before it in the chain, then send it. Resolves when it is on the disk. */
  record(question, value, madeAt) {
    const kept = this.recorded.then(() => this.keep(question, value, madeAt));
    this.recorded = kept.catch(() => undefined);
    return kept;
  }

  async keep(question, value, madeAt) {
    const answer = await this.chain(question, value, madeAt);
    await this.store.keep(answer);
    this.queue.push(answer);
    this.onChange();
    this.pump();
  }

  /** Everything is in the room: nothing of the attempt stays in this store. */
  forget() {
    return this.store.forget(this.attempt);
  }

  async chain(question, value, madeAt) {
    const { attempt, head: previous } = this;
    const answer = { attempt, made_at: madeAt, previous, question, sequence: this.sequence + 1, value };
    answer.hash = await sha256(canonical(answer));
    this.advance(answer, null, false);
    return answer;
  }

  advance({ question, value, hash, sequence }, savedAt, late) {
    this.head = hash;
    this.sequence = sequence;
    this.byQuestion.set(question, { value, savedAt, hash, late: Boolean(late), refused: false });
  }

  /** Send what is left, one after the other; resolves when nothing more can be sent now. */
  pump() {
    if (!this.sending) {
      this.sending = this.drain().finally(() => {
        this.sending = null;
      });
    }
    return this.sending;
  }

  /** Answers that the room refuses for good stay on this computer; those after them are sent without them. */
  async drain() {
    while (this.queue.length) {
      const answer = this.queue[0];
      try {
        const { saved_at: savedAt, late } = await this.send(wire(answer));
        this.settle(answer, Date.parse(savedAt), late);
      } catch (error) {
        if (!(error instanceof Refused)) return undefined;
        if (BROKEN.includes(error.problem.code)) return this.onBroken();
        await this.reject(answer);
        continue;
      }
      await this.store.drop(answer);
    }
    return undefined;
  }

  settle(answer, savedAt, late) {
    this.queue.shift();
    const entry = this.byQuestion.get(answer.question);
    if (entry && entry.hash === answer.hash) Object.assign(entry, { savedAt, late: Boolean(late) });
    this.onChange();
  }

  /** Take an answer out of the chain. None is added meanwhile. */
  reject(answer) {
    const rejected = this.recorded.then(async () => {
      const entry = this.byQuestion.get(answer.question);
      if (entry && entry.hash === answer.hash) entry.refused = true;
      await this.store.refuse(answer);
      this.head = answer.previous;
      this.sequence = answer.sequence - 1;
      await this.follow(this.queue.slice(1));
      this.onChange();
    });
    this.recorded = rejected.catch(() => undefined);
    return rejected;
  }
}

function wire(answer) {
  const body = Object.assign({}, answer);
  delete body.attempt;
  return body;
}
