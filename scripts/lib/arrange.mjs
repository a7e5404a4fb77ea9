// Puts a module's functions in an order that compresses well. gzip finds repetition within 32 kB only, and a
// module of this size holds the same few shapes many times over (one per type, one per handler): those that
// look alike are put side by side. wasm-opt can order by name and renumbers every reference; so the order is
// given as names.

/** Bytes of a function that are compared as one. */
const SHINGLE = 5;
/** What more functions than these share tells nothing. */
const COMMON = 1000;
/** How much of a likeness is left one function further. */
const DECAY = 0.9;

const CODE = 10;
const IMPORT = 2;
const CUSTOM = 0;

/**
 * The module with new names, by which its functions are to be sorted, and the names they had as they will stand:
 * a line each, index and name.
 */
export function arranged(module) {
  const parts = sections(module);
  const bodies = functions(module, parts.find(({ id }) => id === CODE));
  const first = imported(module, parts.find(({ id }) => id === IMPORT));
  const isNames = ({ id, name }) => id === CUSTOM && name === 'name';
  const named = namesOf(module, parts.find(isNames));
  const sorted = order(bodies);
  const names = sorted.map((body, place) => [first + body, String(place).padStart(6, '0')]).sort(([a], [b]) => a - b);
  const kept = parts.filter((part) => !isNames(part)).map(({ from, to }) => module.subarray(from, to));
  return {
    module: Buffer.concat([module.subarray(0, 8), ...kept, nameSection(names)]),
    listing: sorted.map((body, place) => `${first + place} ${named.get(first + body) ?? '?'}\n`).join(''),
  };
}

/** The functions' names by index (§7.4.1). */
function namesOf(module, part) {
  const names = new Map();
  for (let at = part?.body; at < part?.to; ) {
    const [size, begin] = number(module, at + 1);
    let [count, next] = module[at] === 1 ? number(module, begin) : [0, begin];
    for (; count > 0; count--) {
      const [index, start] = number(module, next);
      const [name, end] = string(module, start);
      names.set(index, name);
      next = end;
    }
    at = begin + size;
  }
  return names;
}

/** An unsigned LEB128 number, and where the next thing begins (WebAssembly Core Specification §5.2.2). */
function number(bytes, at) {
  for (let value = 0, unit = 1; ; unit *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * unit;
    if (byte < 128) return [value, at];
  }
}

function string(bytes, at) {
  const [length, begin] = number(bytes, at);
  return [bytes.toString('utf8', begin, begin + length), begin + length];
}

/** Where each section stands: `from` its first byte, `body` its content, `to` its end (§5.5.2). */
function sections(module) {
  const found = [];
  for (let from = 8; from < module.length; ) {
    const id = module[from];
    const [size, content] = number(module, from + 1);
    const to = content + size;
    const [name, body] = id === CUSTOM ? string(module, content) : ['', content];
    found.push({ id, name, from, body, to });
    from = to;
  }
  return found;
}

/** The code of each function. */
function functions(module, { body }) {
  const bodies = [];
  let [count, at] = number(module, body);
  for (; count > 0; count--) {
    const [size, begin] = number(module, at);
    at = begin + size;
    bodies.push(module.subarray(begin, at));
  }
  return bodies;
}

/** How many functions are imported: the others' indices follow theirs. */
function imported(module, part) {
  if (!part) return 0;
  let functions = 0;
  let [count, at] = number(module, part.body);
  for (; count > 0; count--) {
    [, at] = string(module, at);
    [, at] = string(module, at);
    const kind = module[at++];
    if (kind === 0) functions++;
    at = afterType(module, at, kind);
  }
  return functions;
}

/** Where the type of an import ends (§5.5.5). */
function afterType(module, at, kind) {
  if (kind === 0) return number(module, at)[1];
  if (kind === 3) return at + 2;
  if (kind === 4) return number(module, at + 1)[1];
  // A table begins with what it holds; limits are a flag, the least, and perhaps the most.
  if (kind === 1) at++;
  const [flag, least] = number(module, at);
  const [, next] = number(module, least);
  return flag & 1 ? number(module, next)[1] : next;
}

/** The functions' positions, each beside those that share the most with it; from the largest on. */
function order(bodies) {
  const shapes = bodies.map(shingles);
  const sharing = new Map();
  shapes.forEach((shape, body) => {
    for (const shingle of shape) {
      const others = sharing.get(shingle);
      if (others) others.push(body);
      else sharing.set(shingle, [body]);
    }
  });
  const telling = ({ length }) => length > 1 && length <= COMMON;
  const alike = shapes.map((shape) => [...shape].map((shingle) => sharing.get(shingle)).filter(telling));
  // A long function shares more by being long.
  const weight = Float64Array.from(shapes, ({ size }) => 1 / Math.sqrt(size + 20));
  const likeness = new Float64Array(bodies.length);
  const left = new Set(bodies.keys());
  const ordered = [];
  let next = bodies.reduce((longest, body, at) => (body.length > bodies[longest].length ? at : longest), 0);
  while (left.delete(next)) {
    ordered.push(next);
    for (const body of left) likeness[body] *= DECAY;
    for (const others of alike[next]) for (const other of others) likeness[other]++;
    let most = -1;
    for (const body of left) {
      const value = likeness[body] * weight[body];
      if (value > most) [most, next] = [value, body];
    }
  }
  return ordered;
}

/** Hashes of every few bytes. */
function shingles(body) {
  const found = new Set();
  for (let at = 0; at + SHINGLE <= body.length; at++) {
    let hash = 0;
    for (let i = 0; i < SHINGLE; i++) hash = Math.imul(hash, 0x01000193) ^ body[at + i];
    found.add(Math.imul(hash ^ (hash >>> 15), 0x85ebca6b));
  }
  return found;
}

/** A custom section `name` with the functions' names (§7.4.1). */
function nameSection(names) {
  const entries = names.map(([index, name]) => Buffer.concat([leb(index), sized(Buffer.from(name))]));
  const map = sized(Buffer.concat([leb(names.length), ...entries]));
  return Buffer.concat([Buffer.from([CUSTOM]), sized(Buffer.concat([sized(Buffer.from('name')), Buffer.from([1]), map]))]);
}

const sized = (bytes) => Buffer.concat([leb(bytes.length), bytes]);

function leb(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}
