import type { AddCommands } from '../program.ts';
import {
  addInventoryOptions,
  addPlaceOptions,
  addPlanOptions,
  addStrategyOptions,
  inventoryHelp,
  type ApplyFlags,
  type InventoryFlags,
  type PlaceFlags,
} from '../fleet/options.ts';
import type { FleetPlanFlags } from '../fleet/plan.ts';
import { addLoginOptions } from '../host-target.ts';

export const addFleet: AddCommands = (program, { io, action }) => {
  const fleet = program
    .command('fleet')
    .description('the same change on many hosts: canary, waves, stop, resume');

  addPlanOptions(
    addInventoryOptions(
      fleet.command('plan').description('show what would change on each host; writes nothing'),
    ),
  )
    .addHelpText('after', '\nExample:\n  postern fleet plan hosts.ini --limit mx --profile internet-mx')
    .action(
      action(async (file: string, flags: InventoryFlags & FleetPlanFlags) =>
        (await import('../fleet/commands.ts')).planFleet(io, file, flags),
      ),
    );

  const apply = fleet
    .command('apply')
    .description('roll out: each host is confirmed or rolled back, and too many failures stop it');
  addStrategyOptions(addPlaceOptions(addPlanOptions(addInventoryOptions(apply))))
    .option(
      '--confirm-within <time>',
      'after how long a host undoes a change that nobody confirms (default: 120s)',
    )
    .option('--no-work', 'with --redis: leave all the work to `postern fleet worker`')
    .option('--anew', 'begin though the last rollout did not end')
    .option('--html <file>', 'also write the report as one HTML file')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nCtrl-C pauses, as `postern fleet pause` elsewhere does: hosts under way go to their end, and\n`postern fleet resume` goes on.\n' +
        '\nExample:\n  postern fleet apply hosts.ini --canary 1 --waves 5,25%,100% --max-failures 2%',
    )
    .action(
      action(async (file: string, flags: ApplyFlags) =>
        (await import('../fleet/commands.ts')).applyFleet(io, file, flags),
      ),
    );

  const resume = fleet
    .command('resume')
    .description('go on with a rollout that was paused, stopped or cut short');
  addPlaceOptions(addInventoryOptions(resume))
    .option('--failed-too', 'also take the hosts again that have failed')
    .option(
      '--confirm-within <time>',
      'after how long a host undoes a change that nobody confirms (default: 120s)',
    )
    .option('--no-work', 'with --redis: leave all the work to `postern fleet worker`')
    .option('--html <file>', 'also write the report as one HTML file')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  postern fleet resume hosts.ini --failed-too')
    .action(
      action(async (file: string, flags: ApplyFlags & { readonly failedToo?: boolean }) =>
        (await import('../fleet/commands.ts')).resumeFleet(io, file, flags),
      ),
    );

  addPlaceOptions(
    fleet
      .command('status')
      .description('how far the rollout of an inventory is')
      .argument('<inventory>', inventoryHelp),
  )
    .option('--json', 'print one JSON document')
    .option('--html <file>', 'also write the report as one HTML file')
    .addHelpText('after', '\nExample:\n  postern fleet status hosts.ini --json')
    .action(
      action(async (file: string, flags: PlaceFlags & { readonly json?: boolean; readonly html?: string }) =>
        (await import('../fleet/commands.ts')).showFleet(io, file, flags),
      ),
    );

  addPlaceOptions(
    fleet
      .command('pause')
      .description(
        'have a rollout that runs in another terminal begin no more hosts, and wait for those under way',
      )
      .argument('<inventory>', inventoryHelp),
  )
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  postern fleet pause hosts.ini')
    .action(
      action(async (file: string, flags: PlaceFlags & { readonly json?: boolean }) =>
        (await import('../fleet/commands.ts')).pauseFleet(io, file, flags),
      ),
    );

  addLoginOptions(fleet.command('worker').description('work on the hosts of rollouts that others coordinate'))
    .requiredOption('--redis <url>', 'where the work comes from')
    .option('--concurrency <count>', 'hosts at a time', '20')
    .option(
      '--confirm-within <time>',
      'after how long a host undoes a change that nobody confirms (default: 120s)',
    )
    .addHelpText(
      'after',
      '\nExample:\n  postern fleet worker --redis redis://127.0.0.1:6379 --concurrency 20',
    )
    .action(
      action(async (flags: ApplyFlags & { readonly redis: string }) =>
        (await import('../fleet/commands.ts')).workForFleet(io, flags),
      ),
    );
};
