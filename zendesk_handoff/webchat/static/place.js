// The user's place, which they share by a click; the browser asks them as well.

import { say } from "./words.js";

const MAP = "https://www.openstreetmap.org/?mlat=LAT&mlon=LONG#map=17/LAT/LONG";
/** Milliseconds for the browser to find out. */
const PATIENCE = 20_000;

export class PlaceButton {
  /** @param {{share: (entry: object) => void, failed: (words: string) => void}} on */
  constructor({ share, failed }) {
    this.button = document.querySelector("#place");
    this.button.addEventListener("click", () => this.#ask(share, failed));
  }

  /** @param {boolean} isShown Whether there is a person to read it. */
  show(isShown) {
    this.button.hidden = !isShown || !navigator.geolocation; // none on plain http
  }

  async #ask(share, failed) {
    this.button.disabled = true;
    try {
      const { coords } = await new Promise((resolve, reject) => {
        navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 60_000 });
      });
      share(entryOf(coords));
    } catch {
      failed(say("no_place"));
    } finally {
      this.button.disabled = false;
    }
  }
}

/** An entry of the outbox: the agent gets the place itself; this page shows it, and the bot gets it, in words. */
function entryOf({ latitude, longitude }) {
  const [lat, long] = [latitude, longitude].map((degrees) => Number(degrees.toFixed(6)));
  const text = `${say("my_place")}: ${MAP.replaceAll("LAT", lat).replaceAll("LONG", long)}`;
  return { id: crypto.randomUUID(), text, choice: { text, coordinates: { lat, long } } };
}
