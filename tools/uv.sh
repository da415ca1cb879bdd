#!/usr/bin/env bash
# The uv that the Makefile works with: one on the PATH that runs here, or one of our own in .tools.
#
#   tools/uv.sh find      print its path
#   tools/uv.sh install   put one into .tools, with any Python from 3.8 on
#   tools/uv.sh venv      make .venv with it ($UV), for the Python that .python-version names
#   tools/uv.sh venv-pro  make .venv-pro with it, for the Python that Rasa Pro is tested on
#
# Being on the PATH says little: a version manager's shim is there for every Python that it keeps,
# and runs under some of them only. Bash 3.2, which macOS has, is enough.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

PYTHON_VERSION=$(<.python-version)
PYTHON_VERSION_PRO=3.11
OWN=.tools/bin/uv
OLD_ENOUGH='import sys
sys.exit(sys.version_info < (3, 8) and "This is Python %d.%d." % sys.version_info[:2])'

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

quote() {
  sed '/^[[:space:]]*$/d; s/^/    /' <<<"$1"
}

find_uv() {
  local candidate
  while read -r candidate; do
    "$candidate" --version >/dev/null 2>&1 </dev/null && { echo "$candidate"; return; }
  done < <(type -aP uv)
  echo "$OWN"
}

say_which_do_not_run() {
  local candidate said
  while read -r candidate; do
    said=$("$candidate" --version 2>&1 </dev/null) ||
      printf '%s\n' "$candidate does not run here, so uv is installed into .tools:" "$(quote "$said")"
  done < <(type -aP uv)
}

pythons() {
  type -aP python3
  # Its shims are for the Python of this folder, which pyenv may not have.
  ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3 2>/dev/null
}

install_uv() {
  local candidate said refused=""
  say_which_do_not_run >&2
  while read -r candidate; do
    said=$({ "$candidate" -c "$OLD_ENOUGH" && "$candidate" -m venv --clear .tools; } 2>&1 </dev/null) && break
    refused=$(printf '%s\n' ${refused:+"$refused"} "$candidate:" "$(quote "$said")")
    candidate=""
  done < <(pythons)
  if [ -z "${candidate:-}" ]; then
    rm -rf .tools
    fail "uv could not be installed: no Python 3.8 or newer with its venv module runs here." \
      "${refused:-There is no python3 on the PATH.}" \
      "Install one (Debian: apt-get install python3-venv; pyenv: pyenv install $PYTHON_VERSION)," \
      "or uv itself, and try again."
  fi
  if ! said=$(.tools/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
    -r requirements/tools.txt 2>&1); then
    rm -rf .tools
    fail "uv could not be installed: pip did not get it. It says:" "$(quote "$said")" \
      "See that pip reaches its package index, or install uv itself, and try again."
  fi
  touch "$OWN"
}

make_venv() {
  local folder=$1 python=$2 rasa=$3 said
  said=$("$UV" --version 2>&1) ||
    fail "$UV does not run:" "$(quote "$said")" "Remove .tools (make clean) and try again."
  said=$("$UV" venv -q --allow-existing --python "$python" "$folder" 2>&1) && return
  if "$UV" python find -q --system "$python" >/dev/null 2>&1; then
    fail "The environment $folder could not be made. uv says:" "$(quote "$said")"
  fi
  fail "$rasa needs Python $python, and uv finds none. It says:" "$(quote "$said")" \
    "Install it (pyenv install $python, or: uv python install $python) and try again."
}

case "${1:-}" in
  find) find_uv ;;
  install) install_uv ;;
  venv) make_venv .venv "$PYTHON_VERSION" "Rasa 3.6" ;;
  venv-pro) make_venv .venv-pro "$PYTHON_VERSION_PRO" "Rasa Pro" ;;
  *) fail "usage: tools/uv.sh find | install | venv | venv-pro" ;;
esac
