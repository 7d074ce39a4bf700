#!/bin/sh
# Gives the payload on standard input to the service, as the one who sends e-mails. 65 where it will never be taken.
set -eu
payload=$(cat)
echo $$ >"$PLACE/sender.pid"
case $payload in *'"to"'*) ;; *)
    echo "nobody to send it to" >&2
    exit 65
    ;;
esac
curl -fsS -d "$payload" https://mail.internal/send
