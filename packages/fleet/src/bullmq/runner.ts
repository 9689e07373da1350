import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { FleetError } from '../error.ts';
import type { HostEvent, RolloutHeader } from '../rollout/event.ts';
import { stateOf } from '../rollout/state.ts';
import type { Runner, Session, WaveWork } from '../runners/runner.ts';
import { keysOf, queueName, type Keys } from './keys.ts';
import { lastingly } from './lasting.ts';
import { connectRedis, load, type Redis, type RedisPlace } from './redis.ts';
import type { HostJob, NamedPlan } from './worker.ts';

/**
 * Puts the hosts of a rollout into a queue in Redis (or Valkey), for workers on any number of machines; see
 * `startFleetWorker`. What has happened lies in Redis too: a coordinator that died is followed by one that resumes, while
 * the workers go on with the wave. Redis has to keep its data (`appendonly yes`).
 */
export function onBullmq(place: RedisPlace): Runner<NamedPlan> {
  return {
    async open(onPause): Promise<Session<NamedPlan>> {
      const { Queue } = await load(() => import('bullmq'), 'bullmq');
      const redis = await connectRedis(place);
      const jobs = await connectRedis(place);
      const reader = await connectRedis(place);
      const keys = keysOf(place);
      const queue = new Queue<HostJob>(queueName, { connection: jobs, prefix: keys.queue });
      queue.on('error', () => {}); // It connects again by itself.
      const session = new Coordinator({ redis, reader, jobs }, queue, keys, onPause);
      try {
        await session.start();
        return session;
      } catch (error) {
        await session.close();
        throw error;
      }
    },
  };
}

/**
 * How far the rollout that was begun last is.
 *
 * @throws FleetError `missing-package`, `redis`
 */
export async function readEvents(place: RedisPlace): Promise<readonly HostEvent[]> {
  const redis = await connectRedis(place);
  try {
    return (await eventsOf(redis, keysOf(place))).events;
  } finally {
    redis.destroy();
  }
}

/**
 * Has nobody begin one more host of a rollout, and waits until its coordinator has written down that it is paused; where
 * there is none, workers end what they have begun.
 *
 * @throws FleetError `missing-package`, `redis`; the signal's reason
 */
export async function pauseThere(place: RedisPlace, rollout: string, signal?: AbortSignal): Promise<void> {
  const redis = await connectRedis(place);
  const keys = keysOf(place);
  try {
    await lastingly(() => redis.hSet(keys.gate(rollout), { closed: 'paused', asked: 'pause' }));
    while (stateOf((await eventsOf(redis, keys)).events)?.phase === 'running') {
      if ((await redis.get(keys.coordinator)) === null) return;
      await sleep(200, undefined, signal && { signal });
    }
  } finally {
    redis.destroy();
  }
}

/** For how many milliseconds a coordinator's word that it is there holds. */
const presence = 6000;

/** Connections: for commands, for waiting, and for BullMQ. */
interface Clients extends Record<string, Redis> {
  readonly redis: Redis;
  readonly reader: Redis;
  readonly jobs: Redis;
}

class Coordinator implements Session<NamedPlan> {
  past: readonly HostEvent[] = [];
  #after = '0-0';
  #stepsAfter = '$';
  readonly #clients: Clients;
  readonly #redis: Redis;
  readonly #reader: Redis;
  readonly #queue: Queue<HostJob>;
  readonly #keys: Keys;
  readonly #onPause: () => void;
  readonly #me = randomUUID();
  #beat: NodeJS.Timeout | undefined;
  #rollout = '';
  /** How often each host was taken again after it had ended. */
  readonly #again = new Map<string, number>();

  constructor(clients: Clients, queue: Queue<HostJob>, keys: Keys, onPause: () => void) {
    this.#clients = clients;
    this.#redis = clients.redis;
    this.#reader = clients.reader;
    this.#queue = queue;
    this.#keys = keys;
    this.#onPause = onPause;
  }

  async start(): Promise<void> {
    await this.#beTheOnlyOne();
    const { rollout, events, last } = await eventsOf(this.#redis, this.#keys);
    this.past = events;
    this.#rollout = rollout;
    this.#after = last;
    for (const event of events) if (event.type === 'resumed') this.#countAgain(event.again);
  }

  async begin(header: RolloutHeader): Promise<void> {
    this.#rollout = header.id;
    this.#after = '0-0';
    await this.#set({ closed: '', asked: '', held: '0', failures: '0', allowed: '0' });
    await this.note(header);
    await lastingly(() => this.#redis.set(this.#keys.latest, header.id));
  }

  async note(event: HostEvent): Promise<void> {
    if (event.type === 'resumed') await this.#reopen(event.again);
    await lastingly(() =>
      this.#redis.xAdd(this.#keys.events(this.#rollout), '*', { event: JSON.stringify(event) }),
    );
  }

  /** Lets hosts be begun again, those that had ended among them. */
  async #reopen(again: readonly string[]): Promise<void> {
    const before = stateOf(this.past);
    for (const host of again) {
      const { status, change } = before?.hosts.get(host) ?? {};
      // How one ended that went away is not known: whoever takes it looks first.
      const entry = status === 'unknown' ? { [host]: JSON.stringify({ change }) } : undefined;
      const key = this.#keys.hosts(this.#rollout);
      await lastingly(() => (entry ? this.#redis.hSet(key, entry) : this.#redis.hDel(key, host)));
    }
    // Workers may be counting right now; only after a stop does the count begin anew.
    await this.#set({
      closed: '',
      asked: '',
      held: '0',
      ...(before?.phase === 'stopped' && { failures: '0' }),
    });
    this.#countAgain(again);
  }

  async #set(fields: Readonly<Record<string, string>>): Promise<void> {
    await lastingly(() => this.#redis.hSet(this.#keys.gate(this.#rollout), { ...fields }));
  }

  async work(wave: WaveWork<NamedPlan>): Promise<void> {
    const { gate, emit } = wave;
    await this.#listen();
    await this.#set({ allowed: String(gate.allowed), closed: gate.closed?.type ?? '' });
    const closeThere = (): Promise<void> => this.#set({ closed: gate.closed!.type });
    gate.whenClosed(() => void closeThere().catch(() => undefined));
    const waiting = new Set(wave.hosts.map(({ host }) => host.name));
    const running = new Set(wave.hosts.flatMap(({ host, begunBefore }) => (begunBefore ? host.name : [])));
    const isOver = (): boolean => waiting.size === 0 || (gate.closed !== undefined && running.size === 0);
    await this.#putIn(wave, waiting);
    let quietSince = Date.now();
    let isHeld = false;
    for (let isLastLook = false; ;) {
      const events = await this.#next(isLastLook ? 1 : 500);
      for (const event of events) {
        quietSince = Date.now();
        if (event.type === 'begun') running.add(event.host);
        if (event.type === 'ended') {
          running.delete(event.host);
          waiting.delete(event.host);
          gate.count(event);
        }
        emit(event);
      }
      if (isOver()) {
        if (waiting.size === 0 || isLastLook) return;
        // Whoever was begun before it was closed is in the stream by now.
        await closeThere();
        isLastLook = true;
        continue;
      }
      isLastLook = false;
      if (gate.isHeld !== isHeld) {
        isHeld = gate.isHeld;
        await this.#set({ held: isHeld ? '1' : '0' });
      }
      if (Date.now() - quietSince > 5000) {
        // A job that got lost is put in again; one that is there already is not there twice.
        await this.#putIn(wave, waiting);
        quietSince = Date.now();
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    if (this.#beat && (await this.#redis.get(this.#keys.coordinator)) === this.#me)
      await this.#redis.del(this.#keys.coordinator);
    await this.#queue.close();
    for (const client of Object.values(this.#clients)) if (client.isOpen) client.destroy();
  }

  /** Two would not harm the hosts, but would both tell what happens. One that died is waited for until it counts as gone. */
  async #beTheOnlyOne(): Promise<void> {
    const { coordinator } = this.#keys;
    const deadline = Date.now() + presence + 2000;
    while ((await this.#redis.set(coordinator, this.#me, { NX: true, PX: presence })) === null) {
      if (Date.now() > deadline) {
        throw new FleetError(
          'in-use',
          'another process coordinates a rollout here. Wait for it, or stop it and resume.',
        );
      }
      await sleep(250);
    }
    const beat = (): void => {
      void this.#redis.set(coordinator, this.#me, { PX: presence }).catch(() => undefined);
      void this.#listen().catch(() => undefined);
    };
    this.#beat = setInterval(beat, presence / 3);
    this.#beat.unref();
  }

  /** Whether somebody has asked for a pause. */
  async #listen(): Promise<void> {
    if (this.#rollout === '') return;
    const asked = await this.#redis.hGet(this.#keys.gate(this.#rollout), 'asked');
    if (asked === 'pause') this.#onPause();
  }

  async #putIn({ wave, plan, hosts }: WaveWork<NamedPlan>, wanted: ReadonlySet<string>): Promise<void> {
    const jobs = hosts
      .filter(({ host }) => wanted.has(host.name))
      .map(({ host }) => ({
        name: host.name,
        data: { rollout: this.#rollout, wave, host, plan },
        opts: {
          jobId: `${this.#rollout}-${host.name.replaceAll(':', '_')}-${this.#again.get(host.name) ?? 0}`,
          removeOnComplete: true,
          removeOnFail: true,
        },
      }));
    for (let at = 0; at < jobs.length; at += 500) {
      await lastingly(() => this.#queue.addBulk(jobs.slice(at, at + 500)));
    }
  }

  /** What workers have said since the last look, be it before or after what was noted here; waits for some. */
  async #next(wait: number): Promise<HostEvent[]> {
    const { events, steps } = {
      events: this.#keys.events(this.#rollout),
      steps: this.#keys.steps(this.#rollout),
    };
    const found = await this.#reader
      .xRead(
        [
          { key: events, id: this.#after },
          { key: steps, id: this.#stepsAfter },
        ],
        { BLOCK: wait, COUNT: 500 },
      )
      .catch(async () => {
        await sleep(200); // Redis is away, and comes back.
        return null;
      });
    const told: HostEvent[] = [];
    const shown: HostEvent[] = [];
    for (const { name, messages } of (found ?? []) as unknown as readonly Stream[]) {
      const last = messages.at(-1)?.id;
      if (last === undefined) continue;
      if (name === events) this.#after = last;
      else this.#stepsAfter = last;
      const list = name === events ? told : shown;
      list.push(...messages.map(({ message }) => JSON.parse(message['event']!) as HostEvent));
    }
    return [...told.filter(({ type }) => type === 'begun' || type === 'ended'), ...shown];
  }

  #countAgain(hosts: readonly string[]): void {
    for (const host of hosts) this.#again.set(host, (this.#again.get(host) ?? 0) + 1);
  }
}

interface Stream {
  readonly name: string;
  readonly messages: readonly { readonly id: string; readonly message: Readonly<Record<string, string>> }[];
}

/** Everything that was written down of the rollout that was begun last. */
async function eventsOf(
  redis: Redis,
  keys: Keys,
): Promise<{ rollout: string; events: HostEvent[]; last: string }> {
  const rollout = await redis.get(keys.latest);
  if (rollout === null) return { rollout: '', events: [], last: '0-0' };
  const entries = (await redis.xRange(keys.events(rollout), '-', '+')) ?? [];
  return {
    rollout,
    events: entries.map(({ message }) => JSON.parse(message['event']!) as HostEvent),
    last: entries.at(-1)?.id ?? '0-0',
  };
}
