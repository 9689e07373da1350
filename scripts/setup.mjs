// Makes a fresh clone ready: npm packages always, Debian packages with --for-tests, the built packages with --build.
// Says what it is about to do where that takes more than a moment, and nothing otherwise.
//
//     node scripts/setup.mjs [--for-tests] [--build]
//
// Runs on any Node from 18 on, before anything is installed: keep it free of dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What the tests start for real. */
const debianPackages = JSON.parse(readFileSync(new URL('./debian-packages.json', import.meta.url), 'utf8'));

installNpmPackages();
if (process.argv.includes('--for-tests')) installDebianPackages();
if (process.argv.includes('--build')) buildPackages();

function installNpmPackages() {
  if (lockIsInstalled()) return;
  console.log('Installing what package-lock.json names, with npm ci: a minute or two, the first time only …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('npm ci failed: see above. With a network and a writable folder, run the command again.');
    process.exit(status ?? 1);
  }
  if (process.platform === 'linux' && process.arch === 'x64') return; // node_modules/.bin/node is new enough
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return;
  console.error(
    `Postern needs Node 22.19 or newer; this is ${process.version}. Install a newer Node and run the command again.`,
  );
  process.exit(1);
}

function buildPackages() {
  if (readdirSync('packages').some((name) => !existsSync(`packages/${name}/dist`)))
    console.log('Building the packages: a minute or two, the first time only …');
  const { status, stdout, error } = spawnSync('turbo', ['run', 'build', '--log-order=grouped'], {
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    // npm run has node_modules/.bin in the path; on Windows what stands there is a script.
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  if (status === 0) return;
  console.error(`${stdout ?? ''}The build failed: ${error?.message ?? 'see above'}.`);
  process.exit(status ?? 1);
}

/** Whether every package that package-lock.json pins (optional ones aside) is unpacked at that version. */
function lockIsInstalled() {
  const installed = 'node_modules/.package-lock.json';
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (path === '' || optional || !path.includes('node_modules/')) return true;
    return link ? existsSync(path) : have[path]?.version === version && existsSync(path);
  });
}

function installDebianPackages() {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${Status}\\n', ...debianPackages], {
    encoding: 'utf8',
  });
  const installed = new Set(
    (stdout ?? '')
      .split('\n')
      .filter((line) => line.endsWith(' install ok installed'))
      .map((line) => line.split(' ')[0]),
  );
  const missing = debianPackages.filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  const why = process.env.POSTERN_NO_INSTALL
    ? 'POSTERN_NO_INSTALL is set'
    : process.getuid?.() !== 0
      ? 'not running as root'
      : !existsSync('/etc/debian_version')
        ? 'this is not Debian'
        : undefined;
  if (why) {
    console.log(
      `Not installed (${why}): ${missing.join(' ')}. The tests that need them are skipped by name.`,
    );
    return;
  }
  console.log(
    `Installing with apt-get, for the tests: ${missing.join(' ')} (POSTERN_NO_INSTALL=1 forbids this)`,
  );
  withServicesKeptFromStarting(() => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      }).status === 0;
    const ok = apt('update') && apt('install', '-y', '--no-install-recommends', ...missing);
    if (!ok)
      console.error(
        'apt-get could not install all of them. The tests that need the missing ones are skipped by name.',
      );
  });
}

/** Debian starts a service when its package is installed unless policy-rc.d says no (invoke-rc.d(8), exit code 101). */
function withServicesKeptFromStarting(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(policy);
  }
}
