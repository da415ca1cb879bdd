// Client of the control API.

async function readAnswer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `The simulator answered ${response.status}`);
  return body;
}

export const list = async () => (await readAnswer(await fetch("/sim/conversations"))).conversations;

export const conversation = async (id) =>
  readAnswer(await fetch(`/sim/conversations/${encodeURIComponent(id)}`));

export async function act(id, action, body) {
  const form = body instanceof FormData;
  return readAnswer(await fetch(`/sim/conversations/${encodeURIComponent(id)}/agent/${action}`, {
    method: "POST",
    headers: form ? {} : { "Content-Type": "application/json" },
    body: form ? body : JSON.stringify(body),
  }));
}

// Calls `onChange` with each change and `onLive` with the state of the connection.
export function follow(onChange, onLive) {
  const stream = new EventSource("/sim/events");
  stream.onopen = () => onLive(true);
  stream.onerror = () => onLive(false);
  stream.onmessage = (event) => onChange(JSON.parse(event.data));
}
