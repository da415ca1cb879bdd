// Client of the control API.

async function readAnswer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `The simulator answered ${response.status}`);
  return body;
}

async function post(path, body) {
  const form = body instanceof FormData;
  return readAnswer(await fetch(path, {
    method: "POST",
    headers: form ? {} : { "Content-Type": "application/json" },
    body: form ? body : JSON.stringify(body),
  }));
}

export const list = async () => (await readAnswer(await fetch("/sim/conversations"))).conversations;

export const apps = async () => (await readAnswer(await fetch("/sim"))).apps;

export const conversation = async (id) =>
  readAnswer(await fetch(`/sim/conversations/${encodeURIComponent(id)}`));

export const deliveries = async (id) =>
  (await readAnswer(await fetch(`/sim/deliveries?conversation=${encodeURIComponent(id)}`))).deliveries;

export const act = (id, action, body) =>
  post(`/sim/conversations/${encodeURIComponent(id)}/agent/${action}`, body);

export const actAsUser = (id, action, body) =>
  post(`/sim/conversations/${encodeURIComponent(id)}/user/${action}`, body);

export const begin = (app, body) =>
  post(`/sim/apps/${encodeURIComponent(app)}/conversations`, body);

// Calls `onChange` with each change and `onLive` with the state of the connection.
export function follow(onChange, onLive) {
  const stream = new EventSource("/sim/events");
  stream.onopen = () => onLive(true);
  stream.onerror = () => onLive(false);
  stream.onmessage = (event) => onChange(JSON.parse(event.data));
}
