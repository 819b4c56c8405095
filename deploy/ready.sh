#!/bin/bash
# Ends with 0 if the server on this machine is ready: for images without curl. HEXAGRAM_HTTP_PORT says where it listens, 7080 by default.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${HEXAGRAM_HTTP_PORT:-7080}"
printf 'GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
read -r -t 2 status <&3
[[ "$status" == "HTTP/1.1 200 "* ]]
