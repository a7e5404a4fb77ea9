// The bare cost of one password hash in wasm, with nothing around it.
import module from './argon2.wasm';

const { exports } = new WebAssembly.Instance(module);

export default {
  fetch: () => new Response(String(exports.hash())),
};
