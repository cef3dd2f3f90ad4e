#!/bin/sh
# System packages that the tests need. Installs them where it may; otherwise says what is missing.
# In CI (CI=true) the tests themselves fail for a missing one, so nothing is skipped in silence.
set -u

missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
  || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
# Spark runs on Java 17 or later; PostgreSQL is started by the tests, so its server is needed, not only its client.
command -v java >/dev/null 2>&1 || missing="$missing openjdk-17-jre-headless"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1 \
  || missing="$missing postgresql"

[ -z "$missing" ] && exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
fi

if [ "$as_root" != "no" ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing:$missing"
  # shellcheck disable=SC2086 - a list of packages
  if $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
  then exit 0; fi
fi

echo "missing, and not installable from here:$missing"
echo "The tests that need them are skipped (with CI=true they fail). On Debian or Ubuntu: sudo apt-get install$missing"
exit 0
