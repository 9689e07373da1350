import { encodeQuery } from './query.ts';
import { decodeResponse } from './response.ts';
import type { Codec } from './message.ts';

/** The codec of every driver. Its speed against dns2's is in docs/benchmarks.md, its agreement with it in the tests. */
export const ownCodec: Codec = { encode: encodeQuery, decode: decodeResponse };
