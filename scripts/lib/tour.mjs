// The session that `npm start` prints: from an empty database to a verified call at a demo
// origin, to be pasted into bash as one block. Nothing but curl, sed and node is needed.

/** The commands for a gateway at `url` whose setup token is `token`. */
export const tour = (url, token) => `
# Paste this into another terminal, in this folder. First a demo origin: a small
# server that verifies who calls it against the gateway's published keys.
GATEWAY=${url}
PORTCULLIS=$GATEWAY PORT=9000 node tests/origin/server.mjs & ORIGIN_PID=$!
json() { curl -sS -H 'Content-Type: application/json' "$@"; echo; }
field() { sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p'; }

# The administrator, once, and a route: /app/ goes to the demo origin.
json $GATEWAY/setup -d '{"token":"${token}","email":"admin@example.com","password":"correct horse battery"}'
ADMIN=$(json $GATEWAY/api/auth/login -d '{"email":"admin@example.com","password":"correct horse battery"}' | field accessToken)
json $GATEWAY/tenant/home/v2/Routes -H "Authorization: Bearer $ADMIN" -d '{"name":"app","path":"/app/","origin":"http://127.0.0.1:9000"}'

# A person registers, and confirms the link in the mail.
json $GATEWAY/auth/register -d '{"email":"ada@example.com","password":"a long password","full_name":"Ada Lovelace"}'
curl -sS "$GATEWAY/dev/outbox?to=ada@example.com"; echo
LINK=$(curl -sS "$GATEWAY/dev/outbox?to=ada@example.com" | sed -n 's/.*[?&]token=\\([A-Za-z0-9._~-]*\\).*/\\1/p')
json $GATEWAY/auth/verify-email -d '{"token":"'"$LINK"'"}'

# She logs in and calls the origin through the gateway.
ACCESS=$(json $GATEWAY/auth/login -d '{"email":"ada@example.com","password":"a long password"}' | field access_token)
curl -sS $GATEWAY/app/hello -H "Authorization: Bearer $ACCESS"; echo
kill $ORIGIN_PID
`;
