#!/bin/sh
# Starts workerd so that it ends with the process that started it, even when that
# one is killed outright and has no chance to say so.
if setpriv --pdeathsig KILL true 2>/dev/null; then
  exec setpriv --pdeathsig KILL -- "$PORTCULLIS_WORKERD" "$@"
fi
exec "$PORTCULLIS_WORKERD" "$@"
