/** What is known of this phone: by the app's shell where the page runs in it, and by the browser elsewhere. */

const MIB = 1024 * 1024;
const EVENT = "oneseat-shell";

/** The app's shell, or the same without it. */
export class Shell {
  constructor() {
    this.app = window.OneSeatShell || null;
    this.battery = null;
    this.free = null;
    if (!this.app && navigator.getBattery) navigator.getBattery().then((battery) => (this.battery = battery), () => undefined);
  }

  get kind() {
    return this.app ? "app" : "page";
  }

  get licence() {
    return this.app ? this.app.licence() : "";
  }

  /** What the login says of the app: nothing where there is none. */
  credentials() {
    if (!this.app) return {};
    const licence = this.licence;
    return licence ? { licence, digest: this.app.digest() } : { digest: this.app.digest() };
  }

  /** Facts for the room. `android` is the API level in the app; null where nothing is known. */
  facts() {
    if (this.app) return JSON.parse(this.app.facts());
    const { battery, charging } = this.charge();
    return { android: null, model: "", webview: browserOf(navigator.userAgent), free_mib: this.free, battery, charging };
  }

  /** Charge in per cent and whether it is being charged; null where nothing is known. */
  charge() {
    if (this.app) return JSON.parse(this.app.facts());
    if (!this.battery) return { battery: null, charging: null };
    return { battery: Math.round(this.battery.level * 100), charging: this.battery.charging };
  }

  /** Free storage in MiB, which a browser only estimates; null where nothing is known. */
  async freeMib() {
    if (this.app) return JSON.parse(this.app.facts()).free_mib;
    const { quota, usage } = await navigator.storage.estimate();
    this.free = Math.max(0, Math.floor((quota - usage) / MIB));
    return this.free;
  }

  /** The version of Android: major and minor, or null where the browser does not say. */
  get android() {
    const named = /Android (\d+)(?:\.(\d+))?/.exec(navigator.userAgent);
    // Browsers of today say 10 for every version, with the model K.
    if (!named || /Android 10; K\)/.test(navigator.userAgent)) return null;
    return Number(`${named[1]}.${named[2] || 0}`);
  }

  /** Tell the shell that recording begins or ends: its service, and the screen. */
  recording(running) {
    if (this.app) this.app.recording(running);
  }

  /** Tell the shell that it may be closed. */
  finished() {
    if (this.app) this.app.finished();
  }

  /** Hear what the shell notices: "call", "screen-off", "background", "foreground", "low-battery". */
  listen(heard) {
    addEventListener(EVENT, ({ detail }) => heard(detail.code));
  }
}

function browserOf(agent) {
  const named = /Chrome\/(\d+)/.exec(agent);
  return named ? named[1] : "";
}
