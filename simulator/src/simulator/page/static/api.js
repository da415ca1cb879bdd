// The control API, as the page uses it.

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `The simulator answered ${response.status}`);
  return body;
}

export const list = async () => (await answer(await fetch("/sim/conversations"))).conversations;

export const conversation = async (id) =>
  answer(await fetch(`/sim/conversations/${encodeURIComponent(id)}`));

export async function act(id, verb, body) {
  const form = body instanceof FormData;
  return answer(await fetch(`/sim/conversations/${encodeURIComponent(id)}/agent/${verb}`, {
    method: "POST",
    headers: form ? {} : { "Content-Type": "application/json" },
    body: form ? body : JSON.stringify(body),
  }));
}

// Calls `changed` with each change, `live` with whether the stream is up.
export function follow(changed, live) {
  const stream = new EventSource("/sim/events");
  stream.onopen = () => live(true);
  stream.onerror = () => live(false);
  stream.onmessage = (event) => changed(JSON.parse(event.data));
}
