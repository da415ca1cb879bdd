#!/usr/bin/env bash
# Try the plugin with a bot of your own on Rasa Pro, and a local Zendesk. You need a licence of Rasa's
# in RASA_LICENSE; this script passes it to Rasa's commands and does nothing else with it.
#
#   RASA_LICENSE=… tools/try_pro.sh path/to/your/bot
#
# `zendesk-handoff init` shows what it would add to the bot's files, and asks; `init --undo` takes it
# out again. See docs/rasa-pro.md.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bot=${1:?"usage: RASA_LICENSE=… tools/try_pro.sh path/to/your/bot"}

[ -n "${RASA_LICENSE:-}" ] || {
  echo "RASA_LICENSE is not set. Rasa Pro's commands need a licence: https://rasa.com/developer-terms" >&2
  exit 1
}
make -C "$root" .venv-pro/.done
bin=$root/.venv-pro/bin
cd "$bot"
"$bin/zendesk-handoff" init --simulator
"$bin/rasa" train
"$bin/zendesk-handoff" check || true # the servers do not run yet

started=()
stop() { [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true; }
trap stop EXIT
PYTHONPATH=$root/simulator/src "$bin/python" -m simulator --port 8090 & started+=($!)
if ! grep -q '^  *actions_module:' endpoints.yml; then
  "$bin/python" -m rasa_sdk --actions actions --port 5055 & started+=($!)
fi
echo "The agents' page: http://127.0.0.1:8090/   The user's: http://127.0.0.1:5005/webhooks/webchat/"
"$bin/rasa" run --enable-api
