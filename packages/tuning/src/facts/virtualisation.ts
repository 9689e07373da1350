import { known, unknown, type Evidence, type Fact } from './fact.ts';
import type { ContainerKind, MachineKind, Virtualisation } from './host-facts.ts';

/**
 * What the host runs on and in. Machines follow systemd's order: DMI, Xen's own files, the CPU's hypervisor flag,
 * /sys/hypervisor, what is on the buses. Containers: OpenVZ's files, a manager that names itself, PID 1's
 * `container=`, and last the marker files, which also stand on virtual machines made from container images.
 */
export function readVirtualisation(virt: Evidence, processors: Evidence): Virtualisation {
  const evidence = virt
    .entries()
    .filter(({ key }) => told.test(key))
    .map(({ key, value }) => `${key}: ${value.trim()}`)
    .slice(0, 40);
  return {
    machine: machineOf(virt, processors),
    container: containerOf(virt),
    rootless: virt.fact('/proc/self/uid_map', (text) => {
      const [inside, outside, length] = text.split(/\s+/).map(Number);
      return length === undefined ? undefined : inside === 0 && outside !== 0;
    }),
    evidence,
  };
}

const told =
  /^(exists|\/sys\/class\/dmi\/id\/|detect-|init-container|cpuinfo\.|virtio|\/sys\/hypervisor|\/proc\/xen|\/run\/|\/proc\/sys\/kernel\/osrelease)/;

const byDmi: readonly (readonly [RegExp, MachineKind])[] = [
  [/\bAmazon EC2\b/, 'amazon-ec2'],
  [/\bVMware|VMW\b/, 'vmware'],
  [/\bVirtualBox|innotek\b/, 'virtualbox'],
  [/\bMicrosoft Corporation Virtual Machine\b/, 'hyper-v'],
  [/\bXen\b/, 'xen-hvm'],
  [/\bKVM|Red Hat|Google Compute Engine|OpenStack|DigitalOcean|Hetzner\b/, 'kvm'],
  [/\bQEMU|Bochs\b/, 'qemu'],
];

const byDetector: Readonly<Record<string, MachineKind>> = {
  none: 'bare-metal',
  kvm: 'kvm',
  qemu: 'qemu',
  amazon: 'amazon-ec2',
  vmware: 'vmware',
  microsoft: 'hyper-v',
  oracle: 'virtualbox',
  google: 'kvm',
};

function machineOf(virt: Evidence, processors: Evidence): Fact<MachineKind> {
  if (!virt.whole) return unknown('damaged', 'section virt');
  const dmi = [
    'sys_vendor',
    'product_name',
    'product_version',
    'board_vendor',
    'bios_vendor',
    'chassis_vendor',
  ]
    .flatMap((name) => virt.all(`/sys/class/dmi/id/${name}`))
    .join(' ')
    .slice(0, 400);
  const kernel = virt.all('/proc/sys/kernel/osrelease')[0] ?? '';
  const flag = virt.has('cpuinfo.hypervisor', '1');
  const xen = virt.has('/sys/hypervisor/type', 'xen') || virt.has('exists', '/proc/xen');
  const detected = virt.all('detect-vm')[0];
  const xenHost = virt.all('/proc/xen/capabilities').some((text) => text.includes('control_d'));
  const ec2 = virt.all('/sys/hypervisor/uuid').some((uuid) => /^ec2/i.test(uuid));
  if (/amazon/i.test(dmi) && /\bEC2\b|\.metal\b/.test(dmi) && !flag)
    return known('bare-metal', `dmi: ${dmi}; no hypervisor flag`);
  const vendor = byDmi.find(([pattern]) => pattern.test(dmi));
  if (ec2) return known('amazon-ec2', '/sys/hypervisor/uuid begins with ec2');
  if (xenHost) return known('bare-metal', '/proc/xen/capabilities: control_d, the host of Xen');
  if (xen && vendor?.[1] !== 'xen-hvm' && !dmi) return known('xen-pv', 'Xen without DMI');
  if (xen) return known(vendor?.[1] === 'amazon-ec2' ? 'amazon-ec2' : 'xen-hvm', `Xen; dmi: ${dmi}`);
  if (vendor && (flag || vendor[1] !== 'kvm')) return known(vendor[1], `dmi: ${dmi}`);
  if (virt.has('exists', '/sys/bus/vmbus')) return known('hyper-v', '/sys/bus/vmbus');
  if (flag && !dmi && isFirecracker(virt, kernel))
    return known('firecracker', `hypervisor flag, no DMI, virtio only; kernel ${kernel.trim()}`);
  if (detected !== undefined && byDetector[detected] && (detected !== 'none' || !flag))
    return known(byDetector[detected], `systemd-detect-virt: ${detected}`);
  if (flag) return known('other-vm', 'the CPU has the hypervisor flag');
  const hasCpuinfo =
    virt.entries().some(({ key }) => key.startsWith('cpuinfo.')) || processors.all('processors').length > 0;
  if (dmi && hasCpuinfo) return known('bare-metal', `dmi: ${dmi}; no hypervisor flag`);
  return unknown('absent', 'neither DMI nor a hypervisor flag');
}

/** Firecracker has no firmware tables; its kernels and its bus of a few virtio devices give it away. */
function isFirecracker(virt: Evidence, kernel: string): boolean {
  return (
    virt.all('virtio').length > 0 &&
    (/firecracker|-fc\b/.test(kernel) || Number(virt.all('pci')[0] ?? 0) === 0)
  );
}

const byManager: readonly (readonly [RegExp, ContainerKind])[] = [
  [/^systemd-nspawn$/, 'systemd-nspawn'],
  [/^lxc(-libvirt)?$/, 'lxc'],
  [/^docker$/, 'docker'],
  [/^(podman|oci)$/, 'podman'],
  [/^openvz$/, 'openvz'],
];

function containerOf(virt: Evidence): Fact<ContainerKind> {
  if (!virt.whole) return unknown('damaged', 'section virt');
  const exists = (path: string): boolean => virt.has('exists', path);
  if (exists('/proc/vz') && !exists('/proc/bc')) {
    const kernel = virt.all('/proc/sys/kernel/osrelease')[0] ?? '';
    const kind = /\bvz7|\.vz7\.|vz8/.test(kernel) ? 'virtuozzo' : 'openvz';
    return known(kind, `/proc/vz without /proc/bc; kernel ${kernel.trim()}`);
  }
  for (const key of ['/run/host/container-manager', '/run/systemd/container', 'init-container']) {
    for (const text of virt.all(key)) {
      const kind = byManager.find(([pattern]) => pattern.test(text.trim()))?.[1];
      if (text.trim() !== '') return known(kind ?? 'other', `${key}: ${text.trim()}`);
    }
  }
  // Markers stay behind in images; the initial namespaces are proof.
  if (isInInitialNamespaces(virt))
    return known('none', 'the namespaces of users, processes, cgroups and names are the initial ones');
  if (exists('/run/.containerenv')) return known('podman', '/run/.containerenv');
  if (exists('/dev/lxd/sock')) return known('lxc', '/dev/lxd/sock');
  const groups = virt.all('/proc/1/cgroup').join('\n');
  const named = /\/(docker|lxc|libpod|machine\.slice\/machine-)/.exec(groups)?.[1];
  if (named) {
    const kind =
      named === 'docker'
        ? 'docker'
        : named === 'lxc'
          ? 'lxc'
          : named === 'libpod'
            ? 'podman'
            : 'systemd-nspawn';
    return known(kind, `/proc/1/cgroup names ${named}`);
  }
  const [inside, outside] = (virt.all('/proc/self/uid_map')[0] ?? '').trim().split(/\s+/).map(Number);
  if (inside !== undefined && outside !== undefined && outside !== inside)
    return known('unshare', `/proc/self/uid_map: ${inside} is ${outside} outside`);
  if (exists('/.dockerenv')) return known('docker', '/.dockerenv');
  const [detected] = virt.all('detect-container');
  if (detected !== undefined && detected !== 'none') {
    const kind = byManager.find(([pattern]) => pattern.test(detected))?.[1] ?? 'other';
    return known(kind, `systemd-detect-virt: ${detected}`);
  }
  const pid = virt.all('ns.pid')[0];
  if (pid !== undefined && pid !== '4026531836')
    return known('unshare', `ns.pid: ${pid}, not the initial one`);
  return known('none', 'no sign of a container');
}

/**
 * The kernel gives the first namespaces fixed numbers. Somebody who sees all four is not in a container, whatever
 * files say: a virtual machine made from a container's image carries its markers on.
 *
 * @see include/uapi/linux/nsfs.h and include/linux/proc_ns.h in Linux
 */
function isInInitialNamespaces(virt: Evidence): boolean {
  return Object.entries({ uts: 4026531838, pid: 4026531836, user: 4026531837, cgroup: 4026531835 }).every(
    ([name, number]) => virt.has(`ns.${name}`, String(number)),
  );
}
