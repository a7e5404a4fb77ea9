// Types of the API for the console, made of static/docs/openapi.json: what each operation takes and answers. A type that is not
// there any more, or is another one, fails the console's build.

/** TypeScript that declares `Api`, by method and path. */
export function typesOf(document) {
  const { components } = document;
  const found = (one) => (one.$ref ? one.$ref.split('/').slice(1).reduce((at, name) => at[name.replaceAll('~1', '/')], document) : one);
  const named = (ref) => `Schemas[${JSON.stringify(ref.split('/').pop())}]`;
  const type = (schema) => {
    if (schema === true || !schema) return 'unknown';
    if (schema.$ref) return named(schema.$ref);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
    if ('const' in schema) return JSON.stringify(schema.const);
    const several = schema.oneOf ?? schema.anyOf;
    if (several) return several.map((one) => `(${type(one)})`).join(' | ');
    if (schema.allOf) return schema.allOf.map((one) => `(${type(one)})`).join(' & ');
    const kinds = [schema.type ?? 'unknown'].flat();
    return kinds.map((kind) => ofKind(kind, schema)).join(' | ');
  };
  const ofKind = (kind, schema) => {
    if (kind === 'array') return `(${type(schema.items)})[]`;
    if (kind === 'integer' || kind === 'number') return 'number';
    if (kind !== 'object') return kind;
    const must = new Set(schema.required ?? []);
    const members = Object.entries(schema.properties ?? {});
    if (!members.length) return 'Record<string, unknown>';
    return `{ ${members.map(([name, one]) => `${JSON.stringify(name)}${must.has(name) ? '' : '?'}: ${type(one)}`).join('; ')} }`;
  };
  const body = (one) => {
    const json = one?.content?.['application/json'];
    return json ? type(json.schema) : 'undefined';
  };
  const answer = (responses) => {
    const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    return [...new Set(good.map(([, one]) => body(found(one))))].join(' | ') || 'undefined';
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([method]) => method !== 'parameters').map(([method, one]) => {
      const query = (one.parameters ?? []).map(found).filter((parameter) => parameter.in === 'query');
      const members = query.map(({ name, schema }) => `${JSON.stringify(name)}?: ${type(schema)}`).join('; ');
      const takes = one.requestBody ? body(found(one.requestBody)) : 'undefined';
      return `  ${JSON.stringify(`${method.toUpperCase()} ${path}`)}: { query: { ${members} }; body: ${takes}; answer: ${answer(one.responses)} };`;
    }));
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `  ${JSON.stringify(name)}: ${type(schema)};`);
  return [
    '// Made of static/docs/openapi.json by scripts/lib/openapi-types.mjs.',
    'interface Schemas {', ...schemas, '}', 'export interface Api {', ...operations, '}', '',
  ].join('\n');
}
