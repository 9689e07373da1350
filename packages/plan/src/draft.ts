import {
  ConfigError,
  findParameter,
  findService,
  parseMain,
  parseMaster,
  printMain,
  printMaster,
  putService,
  removeParameter,
  removeService,
  setParameter,
  setServiceOption,
  valueOf,
  type MainCf,
  type MasterCf,
} from '@postern/config';
import type { Change } from './change.ts';
import type { PlanProblem } from './error.ts';
import { normalPath, refusePath } from './path.ts';
import type { Files } from './plan.ts';

/** What a change did to the files; `outside` is not about files at all. */
export type Effect = 'changed' | 'unchanged' | 'outside';

/** Files on their way from one state to another. A file is parsed once, however many changes it gets. */
export class Draft {
  readonly #files: Map<string, string>;
  readonly #version: string;
  #main: MainCf | undefined;
  #master: MasterCf | undefined;

  constructor(files: Files, version: string) {
    this.#files = new Map(Object.entries(files).map(([path, text]) => [normalPath(path), text]));
    this.#version = version;
  }

  /**
   * Makes one change. Changes that are not about files do nothing here.
   *
   * @param at  where the change is in its plan, for the problem
   * @returns what it did, or why it does not fit
   */
  make(change: Change, at: string): Effect | PlanProblem {
    try {
      return this.#edit(change, at);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const code = error.code === 'no-such-service' ? 'no-such-service' : 'cannot-be-written';
      return { code, message: error.message, advice: `correct or leave out ${at}`, at };
    }
  }

  /** The files as they are now. */
  files(): Files {
    if (this.#main) this.#files.set('main.cf', printMain(this.#main));
    if (this.#master) this.#files.set('master.cf', printMaster(this.#master));
    return Object.fromEntries(this.#files);
  }

  #edit(change: Change, at: string): Effect | PlanProblem {
    switch (change.type) {
      case 'set-parameter':
        return this.#editMain(at, (tree) =>
          sameValue(tree, change.name, change.value) ? tree : setParameter(tree, change.name, change.value),
        );
      case 'remove-parameter':
        return this.#editMain(at, (tree) => removeParameter(tree, change.name));
      case 'put-service':
        return this.#editMaster(at, (tree) => putService(tree, change.service, { version: this.#version }));
      case 'remove-service':
        return this.#editMaster(at, (tree) => removeService(tree, change.name, change.serviceType));
      case 'set-service-option': {
        const service = { name: change.name, type: change.serviceType };
        return this.#editMaster(at, (tree) =>
          change.value === null && !findService(tree, service.name, service.type)
            ? tree
            : setServiceOption(tree, service, change.option, change.value, { version: this.#version }),
        );
      }
      case 'put-file':
        if (refusePath(change.path) !== undefined) return badPath(change.path, at);
        return this.#putFile(normalPath(change.path), change.content);
      case 'remove-file':
        if (refusePath(change.path) !== undefined) return badPath(change.path, at);
        return this.#removeFile(normalPath(change.path));
      default:
        return 'outside';
    }
  }

  #editMain(at: string, edit: (tree: MainCf) => MainCf): Effect | PlanProblem {
    const text = this.#files.get('main.cf');
    if (text === undefined) return noSuchFile('main.cf', at);
    const tree = (this.#main ??= parseMain(text));
    this.#main = edit(tree);
    return this.#main === tree || printMain(this.#main) === printMain(tree) ? 'unchanged' : 'changed';
  }

  #editMaster(at: string, edit: (tree: MasterCf) => MasterCf): Effect | PlanProblem {
    const text = this.#files.get('master.cf');
    if (text === undefined) return noSuchFile('master.cf', at);
    const tree = (this.#master ??= parseMaster(text));
    this.#master = edit(tree);
    return this.#master === tree || printMaster(this.#master) === printMaster(tree) ? 'unchanged' : 'changed';
  }

  #putFile(path: string, content: string): Effect {
    if (this.#current(path) === content) return 'unchanged';
    this.#forget(path);
    this.#files.set(path, content);
    return 'changed';
  }

  #removeFile(path: string): Effect {
    this.#forget(path);
    return this.#files.delete(path) ? 'changed' : 'unchanged';
  }

  #current(path: string): string | undefined {
    if (path === 'main.cf' && this.#main) return printMain(this.#main);
    if (path === 'master.cf' && this.#master) return printMaster(this.#master);
    return this.#files.get(path);
  }

  #forget(path: string): void {
    if (path === 'main.cf') this.#main = undefined;
    if (path === 'master.cf') this.#master = undefined;
  }
}

/**
 * Whether a parameter has the value already, apart from where its lines break: white space counts
 * only when both stand on one line.
 */
function sameValue(tree: MainCf, name: string, value: string): boolean {
  const entry = findParameter(tree, name);
  if (!entry) return false;
  const now = valueOf(entry);
  if (now === value.trim()) return true;
  const broken = value.trim().includes('\n') || entry.text.trimEnd().includes('\n');
  return broken && words(now) === words(value);
}

function words(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

function noSuchFile(file: string, at: string): PlanProblem {
  return {
    code: 'no-such-file',
    message: `the change needs ${file}, and there is none`,
    advice: `put ${file} in place first, or make the plan for a folder that has one`,
    at,
  };
}

function badPath(path: string, at: string): PlanProblem {
  return {
    code: 'cannot-be-written',
    message: `${JSON.stringify(path)} is a path that ${refusePath(path)}`,
    advice: 'name a file relative to the configuration folder, or by its absolute path',
    at,
  };
}
