import { Ajv } from 'ajv';

/**
 * The objects of SARIF 2.1.0 that a log of ours is made of, as its schema has them: the same names, types, required
 * properties, bounds and words. Properties of the standard that we do not write are left out, so that a slip of the
 * pen is not taken for one of them.
 *
 * @see Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01, section 3
 */
const object = (properties: Record<string, unknown>, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const some = (items: object, more: object = {}): object => ({ type: 'array', items, ...more });
const text = { type: 'string' };
const words = (...values: readonly string[]): object => ({ enum: values });
const line = { type: 'integer', minimum: 1 };
const level = words('none', 'note', 'warning', 'error');
// A message needs a text or an id (3.11.5); ours have texts.
const message = object({ text, markdown: text }, ['text']);
const artifactLocation = object({ uri: { type: 'string', format: 'uri-reference' }, uriBaseId: text });
const region = object({
  startLine: line,
  startColumn: line,
  endLine: line,
  endColumn: line,
  snippet: object({ text }),
});
const propertyBag = { type: 'object' };

const log = object(
  {
    $schema: { type: 'string', format: 'uri' },
    version: { const: '2.1.0' },
    runs: some(
      object(
        {
          tool: object(
            {
              driver: object(
                {
                  name: text,
                  version: text,
                  rules: some(
                    object(
                      {
                        id: text,
                        shortDescription: message,
                        fullDescription: message,
                        help: message,
                        defaultConfiguration: object({ level, enabled: { type: 'boolean' } }),
                        properties: propertyBag,
                      },
                      ['id'],
                    ),
                    { uniqueItems: true },
                  ),
                },
                ['name'],
              ),
            },
            ['driver'],
          ),
          invocations: some(object({ executionSuccessful: { type: 'boolean' } }, ['executionSuccessful'])),
          originalUriBaseIds: { type: 'object', additionalProperties: artifactLocation },
          columnKind: words('utf16CodeUnits', 'unicodeCodePoints'),
          results: some(
            object(
              {
                ruleId: text,
                ruleIndex: { type: 'integer', minimum: -1 },
                level,
                message,
                locations: some(
                  object({
                    physicalLocation: object({ artifactLocation, region }, ['artifactLocation']),
                  }),
                ),
                partialFingerprints: { type: 'object', additionalProperties: text },
                suppressions: some(
                  object(
                    {
                      kind: words('inSource', 'external'),
                      status: words('accepted', 'underReview', 'rejected'),
                      justification: text,
                      location: propertyBag,
                      properties: propertyBag,
                    },
                    ['kind'],
                  ),
                  { uniqueItems: true },
                ),
                fixes: some(
                  object(
                    {
                      description: message,
                      artifactChanges: some(
                        object(
                          {
                            artifactLocation,
                            replacements: some(
                              object({ deletedRegion: region, insertedContent: object({ text }) }, [
                                'deletedRegion',
                              ]),
                              { minItems: 1 },
                            ),
                          },
                          ['artifactLocation', 'replacements'],
                        ),
                        { minItems: 1, uniqueItems: true },
                      ),
                    },
                    ['artifactChanges'],
                  ),
                  { uniqueItems: true },
                ),
                properties: propertyBag,
              },
              ['message'],
            ),
          ),
        },
        ['tool'],
      ),
    ),
  },
  ['version', 'runs'],
);

const ajv = new Ajv({ allErrors: true });
ajv.addFormat('uri', (value: string) => URL.canParse(value));
ajv.addFormat(
  'uri-reference',
  (value: string) => URL.canParse(value, 'file:///') && !/[ "<>\\^`{|}]/.test(value),
);
const validate = ajv.compile(log);

/** What is wrong with a log, as `path: what`; nothing for a good one. */
export function sarifProblems(value: unknown): string[] {
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message: what }) => `${instancePath}: ${what}`);
}
