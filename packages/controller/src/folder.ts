/**
 * What is done to a folder of this machine, without the parts that reach other machines: a program that only reads and
 * writes files starts faster with `@postern/controller/folder`.
 */
export { applyToFolder } from './folder/apply.ts';
export { readFolder } from './folder/read-folder.ts';
export { recoverFolder } from './folder/recover.ts';
export { rollbackFolder } from './folder/rollback.ts';
export { folderStatus } from './folder/status.ts';
