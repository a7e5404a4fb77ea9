// An agent that reads a person's calendar at another service. It holds a key for the gateway and no token of the calendar's:
// the gateway puts the person's own into the request on its way.
//
//   GATEWAY     where the gateway is (http://localhost:8787)
//   KEY         an API key of the person's with the scope calendar:read
//   CONNECTION  the label of one of several connections, if one is meant
const { GATEWAY = 'http://localhost:8787', KEY = '', CONNECTION } = process.env;

const headers = { 'X-API-Key': KEY };
if (CONNECTION) headers['X-Portcullis-Connection'] = encodeURIComponent(CONNECTION);

const answer = await fetch(`${GATEWAY}/calendar/events`, { headers });
const { events, code, error } = await answer.json();
if (answer.ok) for (const { date, title } of events) console.log(`${date}  ${title}`);
// CONNECTION_NEEDED: the error says on which page the person connects the calendar.
else console.error(`${code}: ${error}`);
process.exitCode = answer.ok ? 0 : 1;
