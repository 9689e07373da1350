import type { AddCommands } from '../program.ts';
import { addApply } from './apply.ts';
import { addAudit } from './audit.ts';
import { addComplete, addCompletion } from './completion.ts';
import { addConfirm } from './confirm.ts';
import { addConfig } from './config.ts';
import { addDoctor } from './doctor.ts';
import { addDnsbl } from './dnsbl.ts';
import { addDomain } from './domain.ts';
import { addExplainReply } from './explain-reply.ts';
import { addFleet } from './fleet.ts';
import { addHost } from './host.ts';
import { addMessage } from './message.ts';
import { addModernise } from './modernise.ts';
import { addPlan } from './plan.ts';
import { addPolicy } from './policy.ts';
import { addQueue } from './queue.ts';
import { addRecords } from './records.ts';
import { addRelayProof } from './relay-proof.ts';
import { addReplay } from './replay.ts';
import { addRollback } from './rollback.ts';
import { addSchema } from './schema.ts';
import { addSimulate } from './simulate.ts';
import { addSpf } from './spf.ts';
import { addStatus } from './status.ts';
import { addTls } from './tls.ts';
import { addTune } from './tune.ts';
import { addWeb } from './web.ts';

/** Every group of subcommands, in the order of `postern --help`. */
export const commandGroups: readonly AddCommands[] = [
  addAudit,
  addPlan,
  addModernise,
  addApply,
  addConfirm,
  addRollback,
  addStatus,
  addConfig,
  addSimulate,
  addRelayProof,
  addReplay,
  addSpf,
  addTune,
  addWeb,
  addDnsbl,
  addQueue,
  addFleet,
  addPolicy,
  addDomain,
  addHost,
  addMessage,
  addRecords,
  addTls,
  addExplainReply,
  addSchema,
  addDoctor,
  addCompletion,
  addComplete,
];
