#!/usr/bin/env bash
# Try the plugin with a bot of your own on Rasa Pro, and a local Zendesk. You need a licence of Rasa's
# in RASA_LICENSE; this script passes it to Rasa's commands and does nothing else with it.
#
#   RASA_LICENSE=… tools/try_pro.sh path/to/your/bot
#
# The bot has the plugin's actions in its domain, a flow or rule that runs action_human_handoff, the
# plugin's block in credentials.yml with `base_url: http://127.0.0.1:8090/sc`, and an action_endpoint
# of http://127.0.0.1:5055/webhook. See docs/rasa-pro.md.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bot=${1:?"usage: RASA_LICENSE=… tools/try_pro.sh path/to/your/bot"}

[ -n "${RASA_LICENSE:-}" ] || {
  echo "RASA_LICENSE is not set. Rasa Pro's commands need a licence: https://rasa.com/developer-terms" >&2
  exit 1
}
for file in config.yml domain.yml credentials.yml endpoints.yml; do
  [ -e "$bot/$file" ] || [ -e "$bot/${file%.yml}" ] || {
    echo "$bot has no $file: name the folder of a bot." >&2
    exit 1
  }
done
make -C "$root" .venv-pro/.done
bin=$root/.venv-pro/bin
cd "$bot"
"$bin/rasa" train

started=()
stop() { [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true; }
trap stop EXIT
PYTHONPATH=$root/simulator/src "$bin/python" -m simulator --port 8090 & started+=($!)
ZENDESK_HANDOFF_CREDENTIALS=$PWD/credentials.yml \
  "$bin/python" -m rasa_sdk --actions zendesk_handoff.actions --port 5055 & started+=($!)
echo "The agents' page: http://127.0.0.1:8090/"
"$bin/rasa" run --enable-api
