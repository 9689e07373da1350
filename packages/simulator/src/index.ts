export { openTable, splitTables } from './tables/open.ts';
export type { TableSources } from './tables/open.ts';
export type { Lookup, Table, TableProblem } from './tables/table.ts';
