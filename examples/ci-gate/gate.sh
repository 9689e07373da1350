#!/bin/sh
# The same with the command and no code: gate.sh FOLDER, from any CI that runs a shell.
set -eu
folder=${1:?usage: gate.sh FOLDER}
code=0
postern audit "$folder" --postfix "${POSTFIX_VERSION:-3.7.11}" --sarif > postern.sarif || code=$?
case $code in
  0) echo "$folder: no findings" ;;
  1) echo "$folder: findings, see postern.sarif" ;;
  *) echo "$folder: could not be audited" ;;
esac
exit "$code"
