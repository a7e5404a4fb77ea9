// The floor: what the platform does when a Worker does nothing.
export default {
  fetch: () => new Response('hello'),
};
