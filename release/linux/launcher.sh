#!/bin/sh
# Quét Sạch. In the folder of a version it starts the Python there, and nothing of the system's; above the versions, the
# one that the file "current" names, so that its path stays the same when a newer version comes.
set -eu
self=$(readlink -f -- "$0")
here=${self%/*}
if [ ! -x "$here/bin/python3.13" ]; then
    read -r version < "$here/current"
    exec "$here/$version/quetsach" "$@"
fi
# The tool's own worker processes begin in this environment.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE PYTHONPLATLIBDIR PYTHONWARNINGS PYTHONINSPECT PYTHONBREAKPOINT
export PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1
exec "$here/bin/python3.13" -I -m quetsach.cli.main "$@"
