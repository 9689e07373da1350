import ts from 'typescript';

export type Schema = Record<string, unknown>;

/**
 * JSON Schemas of TypeScript types, as JSON.stringify prints their values: what is undefined or a function is left
 * out. Types that have a name stand once, under `$defs`.
 */
export function schemaMaker(checker: ts.TypeChecker): {
  readonly schemaOf: (type: ts.Type) => Schema;
  readonly definitions: Record<string, Schema>;
} {
  const definitions: Record<string, Schema> = {};
  const names = new Map<ts.Type, string>();
  const open = new Set<ts.Type>();

  function schemaOf(type: ts.Type): Schema {
    const name = nameOf(type);
    if (name === undefined) return open.has(type) ? {} : describe(type);
    const known = names.get(type);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    let unique = name;
    for (let count = 2; unique in definitions; count++) unique = `${name}${count}`;
    names.set(type, unique);
    definitions[unique] = {};
    definitions[unique] = { ...about(type.aliasSymbol ?? type.symbol), ...describe(type) };
    return { $ref: `#/$defs/${unique}` };
  }

  function describe(type: ts.Type): Schema {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
    if (flags & ts.TypeFlags.StringLike) return { type: 'string' };
    // What is no number in JSON, such as Infinity, is printed as null.
    if (flags & ts.TypeFlags.NumberLike) return { type: ['number', 'null'] };
    if (flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.isUnion()) return union(type.types);
    if (flags & ts.TypeFlags.NonPrimitive) return { type: 'object' };
    open.add(type);
    try {
      return checker.isTupleType(type) || checker.isArrayType(type) ? list(type) : object(type);
    } finally {
      open.delete(type);
    }
  }

  function list(type: ts.Type): Schema {
    const items = checker.getTypeArguments(type as ts.TypeReference);
    if (checker.isArrayType(type)) return { type: 'array', items: schemaOf(items[0]!) };
    return { type: 'array', items: union(items) };
  }

  function union(types: readonly ts.Type[]): Schema {
    const printed = types.filter((each) => !(each.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
    const schemas = printed.map(schemaOf);
    const constants = schemas.flatMap((each) => ('const' in each ? [each['const']] : []));
    const others = schemas.filter((each) => !('const' in each));
    if (constants.length === 2 && constants.includes(true) && constants.includes(false))
      others.push({ type: 'boolean' });
    else if (constants.length > 0)
      others.unshift({ enum: constants.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)) });
    const unique = [...new Map(others.map((each) => [JSON.stringify(each), each])).values()];
    return unique.length === 1 ? unique[0]! : { anyOf: unique };
  }

  function object(type: ts.Type): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of checker.getPropertiesOfType(type)) {
      const name = property.getName();
      const found = checker.getTypeOfSymbol(property);
      const parts = found.isUnion() ? found.types : [found];
      const printed = parts.filter(
        (each) =>
          !(each.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.ESSymbolLike)) &&
          each.getCallSignatures().length === 0,
      );
      if (printed.length === 0 || name.startsWith('__@')) continue;
      properties[name] = {
        ...about(property),
        ...(printed.length === parts.length ? schemaOf(found) : union(printed)),
      };
      if (!(property.flags & ts.SymbolFlags.Optional) && printed.length === parts.length) required.push(name);
    }
    const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required: required.toSorted() }),
      ...(index && { additionalProperties: schemaOf(index) }),
    };
  }

  function about(symbol: ts.Symbol | undefined): Schema {
    const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker)).trim();
    return text === '' ? {} : { description: text };
  }

  return { schemaOf, definitions };
}

/** The name that a type has in the sources; undefined for one that is written in place, and for one with parameters. */
function nameOf(type: ts.Type): string | undefined {
  if (type.aliasSymbol) return type.aliasTypeArguments ? undefined : type.aliasSymbol.getName();
  const isInterface = type.isClassOrInterface() && !type.typeParameters;
  return isInterface ? type.symbol.getName() : undefined;
}
