// Server-sent events by `fetch`: unlike EventSource it can send a token in a header, and comes back after
// an answer that is an error, as a proxy gives while the server starts.

/** Milliseconds before an attempt, unless the server says otherwise; more after each that fails. */
const RETRY = 2000;
const LONGEST_RETRY = 15_000;
/** Milliseconds of silence after which the connection is taken for lost: the server speaks every 15 s. */
const SILENCE = 45_000;

/**
 * Read events until the returned function is called.
 * @param {() => Promise<Response>} request Gets the id of the last event, and a signal that aborts it.
 * @param {{event: Function, open: Function, lost: Function, refused: Function}} on `refused` gets the
 *   content of a response that no repetition would change.
 */
export function openStream(request, on) {
  const state = { lastId: "", retry: RETRY, isClosed: false, failures: 0 };
  let current = null;
  let wake = () => {};

  async function attempt() {
    current = new AbortController();
    const response = await request(state.lastId, current.signal);
    if (!response.ok) {
      if (response.status < 500 && response.status !== 429) return refuse(response);
      throw new Error(`status ${response.status}`);
    }
    state.failures = 0;
    on.open();
    await readEvents(response.body, state, on.event, current);
  }

  async function refuse(response) {
    state.isClosed = true;
    on.refused(await response.json().catch(() => ({})));
  }

  async function run() {
    while (!state.isClosed) {
      await attempt().catch(() => {}); // the connection is lost, which the next line says
      if (state.isClosed) return;
      on.lost();
      // Spread, since all pages lose a server in the same instant.
      const wait = Math.min(LONGEST_RETRY, state.retry * 1.5 ** state.failures++) * (0.5 + Math.random());
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  function close() {
    state.isClosed = true;
    current?.abort();
    removeEventListener("online", reconnect);
  }
  function reconnect() {
    wake();
  }
  addEventListener("online", reconnect);
  run();
  return close;
}

/** Read the lines of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
async function readEvents(body, state, onEvent, abort) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let silence = 0;
  let rest = "";
  let event = { type: "message", data: [] };
  try {
    for (;;) {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE);
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line) {
          readLine(line, event, state);
        } else {
          if (event.data.length) handle(onEvent, event, state.lastId);
          event = { type: "message", data: [] };
        }
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

/** An event that cannot be shown is reported, and ends no stream. */
function handle(onEvent, { type, data }, id) {
  try {
    onEvent(type, JSON.parse(data.join("\n")), id);
  } catch (error) {
    reportError(error);
  }
}

function readLine(line, event, state) {
  const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
  if (field === "id") state.lastId = value;
  else if (field === "event") event.type = value;
  else if (field === "data") event.data.push(value);
  else if (field === "retry") state.retry = Number(value) || RETRY;
}
