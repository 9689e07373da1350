import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON Schema of the configuration file, as it is published. */
export function configJsonSchema(): object {
  return {
    ...z.toJSONSchema(configSchema, { io: 'input' }),
    title: 'postern.config.json',
  };
}
