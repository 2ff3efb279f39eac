// What both pages share: hearing of changes, and the emulator's clock.

const AFTER_EACH = 100;
const AFTER_TROUBLE = 1000;

/**
 * Asks for the state for ever. The server answers at once when there is another revision than the last one, so that a
 * list is never out of date for long and nothing is lost with a connection: each answer is whole.
 *
 * @param fields called before each question, for the fields of its query
 * @param onState hears every answer
 * @param onLink hears whether there is an emulator to ask
 * @returns {{again: () => void, stop: () => void}} `again` asks at once, since the fields have changed
 */
export function follow(fields, onState, onLink) {
  let revision = "";
  let stopped = false;
  let question = new AbortController();

  async function ask() {
    const query = new URLSearchParams({ ...fields(), after: revision });
    const response = await fetch(`/emulator/state?${query}`, { signal: question.signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  }

  async function run() {
    while (!stopped) {
      const asked = question;
      try {
        const state = await ask();
        if (stopped || asked.signal.aborted) continue;
        revision = state.revision;
        onLink(true);
        onState(state);
        await pause(AFTER_EACH);
      } catch {
        if (asked.signal.aborted) continue;
        onLink(false);
        await pause(AFTER_TROUBLE);
      }
    }
  }

  function drop() {
    question.abort();
    question = new AbortController();
    revision = "";
  }

  run();
  return {
    again: drop,
    stop() {
      stopped = true;
      drop();
    },
  };
}

/** The emulator's clock, kept going between two answers. */
export class Clock {
  #at = 0;
  #heard = 0;
  #running = true;
  #real = true;

  set({ now_ms, running, real }) {
    this.#at = now_ms;
    this.#heard = performance.now();
    this.#running = running;
    this.#real = real;
  }

  /** Whether it shows the real time. */
  get real() {
    return this.#real;
  }

  get running() {
    return this.#running;
  }

  get now() {
    return this.#at + (this.#running ? performance.now() - this.#heard : 0);
  }

  /** Whole seconds until a moment; 0 when it is over. */
  secondsUntil(unixSeconds) {
    return Math.max(0, Math.ceil(unixSeconds - this.now / 1000));
  }
}

/** Minutes and seconds, or hours before them. */
export function duration(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const rest = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${rest}`;
}

/** The moment of an emulator's second, in UTC since its clock may be anywhere. */
export function moment(milliseconds) {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "far away" : date.toISOString().slice(0, 19).replace("T", " ");
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
