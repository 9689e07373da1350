export { FleetError } from './error.ts';
export type { FleetErrorCode } from './error.ts';
export { parseInventory } from './inventory/inventory.ts';
export type { Inventory, InventoryOptions, VariableFile } from './inventory/inventory.ts';
export type { FleetHost } from './inventory/host.ts';
export { printProblem } from './inventory/problem.ts';
export type { InventoryPlace, InventoryProblem, InventoryProblemCode } from './inventory/problem.ts';
export { readInventory } from './inventory/read.ts';
export { selectHosts } from './inventory/select.ts';
