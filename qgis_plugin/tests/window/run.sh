#!/usr/bin/env bash
# One real QGIS window on a display of its own: window/run.sh OUT DATA FIELD [LOCALE] [no: without the core]
# Leaves result.json, gui.log and pictures in OUT; fails if QGIS does not end well.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1 data=$2 field=$3 locale=${4:-ja} core=${5:-yes}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out/ready" "$out/result.json"
work=$(mktemp -d)
display= manager= qgis=
stop() {
    for id in $qgis $manager $display; do kill "$id" 2>/dev/null || true; done
    rm -rf "$work"
}
trap stop EXIT
mkdir -p "$work/profile/profiles/default/QGIS" "$work/home"
mkdir -m 700 "$work/run"
cat > "$work/profile/profiles/default/QGIS/QGIS3.ini" <<INI
[PythonPlugins]
tsukuba_gis_qgis=true
processing=true
[qgis]
checkVersion=false
showTips=false
[Plugins]
allowExperimental=true
[locale]
overrideFlag=true
userLocale=$locale
INI
unset QT_QPA_PLATFORM
export LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=$work/run QGIS_CUSTOM_CONFIG_PATH=$work/profile HOME=$work/home
export QGIS_PLUGINPATH=${QGIS_PLUGINPATH:-$(cd "$here/../.." && pwd)}
export WINDOW_OUT=$out WINDOW_DATA=$data WINDOW_FIELD=$field WINDOW_CORE=$core
[ "$core" = yes ] || unset TSUKUBA_GIS_PYTHON

number=$((90 + RANDOM % 900))
Xvfb ":$number" -screen 0 1440x900x24 -nolisten tcp >/dev/null 2>&1 &
display=$!
sleep 1
export DISPLAY=:$number
if command -v openbox >/dev/null; then
    openbox >/dev/null 2>&1 &
    manager=$!
fi
program=$(command -v qgis.bin || command -v qgis)
"$program" --nologo --noversioncheck --profiles-path "$work/profile" --code "$here/startup.py" \
    > "$out/qgis.out" 2>&1 &
qgis=$!
for _ in $(seq 120); do
    [ -e "$out/ready" ] && break
    kill -0 "$qgis" 2>/dev/null || break
    sleep 1
done
for _ in $(seq 25); do
    kill -0 "$qgis" 2>/dev/null || break
    sleep 1
done
status=0
if kill -0 "$qgis" 2>/dev/null; then
    echo "QGIS did not leave by itself" >&2
    status=1
else
    wait "$qgis" || status=$?
fi
qgis=
echo "window: exit code $status, pictures in $out"
[ -e "$out/result.json" ] || { cat "$out/gui.log" >&2; exit 1; }
exit "$status"
