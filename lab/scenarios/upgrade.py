"""The daemon is exchanged under running guests: the unpatched one, ours, the next one."""

import contextlib
import os
from pathlib import Path

import libvirt

import host
from host import (EMULATOR, FUNCTIONS, PCI_PARENTS, UUIDS, check, connection, create, define_file,
                  equal, install_program, load_driver, load_functions, node_name, programs,
                  remove_programs, run, virsh, wait_for)
from vfio_user import managed

MODES = ('libvirtd',)

RELEASE = '/usr/bin/qemu-system-x86_64'
LIBVIRTD = 'libvirtd --daemon --timeout 0 --pid-file /run/lab/libvirtd.pid'

# The root disk of the development suite, if there is one
NEXT_DISK = Path('/dev/vdc')

# Each has what it found out about QEMU; the unpatched one has its own files but for /etc and /var
DEPLOYMENTS = {
    'ours': f'exec {LIBVIRTD}',
    'stock': f'''umount -l /usr
mount --bind /run/lab/cache-stock /var/cache/libvirt
export LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu
exec {LIBVIRTD}''',
    'next': f'''mkdir -p /run/next/lower /run/next/root
mount -t tmpfs tmpfs /run/next/root
mkdir /run/next/root/upper /run/next/root/work /run/next/root/all
mount -t ext4 -o ro {NEXT_DISK} /run/next/lower
mount -t overlay overlay /run/next/root/all \
    -o lowerdir=/run/next/lower,upperdir=/run/next/root/upper,workdir=/run/next/root/work
for dir in proc sys dev run tmp out etc/libvirt etc/mdevctl.d etc/vfio-user var/lib/libvirt \
    var/log/libvirt usr/local/qemu-backports; do
    [ -d /$dir ] || continue
    mkdir -p /run/next/root/all/$dir
    mount --rbind /$dir /run/next/root/all/$dir
done
exec chroot /run/next/root/all {LIBVIRTD}''',
}


def pid():
    return int(Path('/run/lab/libvirtd.pid').read_text())


def exchange(deployment):
    """As the packages do it: the old one ends, the new one starts, guests go on."""
    host._connection = None  # pylint: disable=protected-access
    run('/lab/guest/daemons', 'stop', 'libvirtd')
    Path('/run/lab/cache-stock').mkdir(exist_ok=True)
    run('unshare', '--mount', '--propagation', 'private', 'bash', '-euc', DEPLOYMENTS[deployment])
    maps = Path(f'/proc/{pid()}/maps').read_text()
    equal('/usr/local/lib' in maps, deployment == 'ours', f'libraries of {deployment}')
    version = virsh('version', '--daemon')
    check(('against daemon: 11.3.0' in version) == (deployment != 'next'), version)


def device_of_function(address):
    domain, bus, rest = address.split(':')
    slot, function = rest.split('.')
    return f'''<hostdev mode='subsystem' type='pci' managed='yes'>
  <source><address type='pci' domain='0x{domain}' bus='0x{bus}' slot='0x{slot}'
    function='0x{function}'/></source>
  <address type='pci' domain='0' bus='0' slot='5' function='0'/>
</hostdev>'''


def device_of_uuid(uuid):
    return f'''<hostdev mode='subsystem' type='mdev' model='vfio-pci'>
  <source><address uuid='{uuid}'/></source>
  <address type='pci' domain='0' bus='0' slot='5' function='0'/>
</hostdev>'''


def start(name, emulator, device=''):
    memory = ("<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
              if 'vfio-user' in device else '')
    virsh('create', define_file(f'''<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>{memory}
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>{emulator}</emulator>
    <controller type='usb' model='none'/>{device}
    <memballoon model='none'/>
  </devices>
</domain>''', f'{name}.xml'))
    return name


def qemus():
    """Names of the guests that have a process, whoever knows of it."""
    found = set()
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        with contextlib.suppress(OSError):
            args = path.read_text().split('\0')
            if '-name' in args and 'qemu-system' in args[0]:
                found.add(args[args.index('-name') + 1].split(',')[0].removeprefix('guest='))
    return found


def known(names, deployment):
    """The daemon knows these guests, and can tell what they are."""
    equal(sorted(virsh('list', '--name').split()), sorted(names), f'guests that {deployment} knows')
    for domain in connection().listAllDomains():
        text = domain.XMLDesc()
        check(f'<name>{domain.name()}</name>' in text, f'{deployment}: {text}')
        equal(domain.state()[0], libvirt.VIR_DOMAIN_RUNNING,
              f'{deployment}: state of {domain.name()}')


def end(*names):
    for name in names:
        connection().lookupByName(name).destroy()
    wait_for(lambda: not qemus() & set(names), 'the processes end')


@contextlib.contextmanager
def devices():
    """Two mediated devices and two virtual functions; and ours is the daemon that goes on."""
    load_driver()
    load_functions()
    for uuid in UUIDS[:2]:
        create(PCI_PARENTS[0], 'mdevlab-small', uuid)
        host.wait_node(node_name(PCI_PARENTS[0], uuid))
    try:
        yield
    finally:
        exchange('ours')
        for domain in connection().listAllDomains():
            with contextlib.suppress(libvirt.libvirtError):
                domain.destroy()
        for path in Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError):
                if 'qemu-system' in os.readlink(path / 'exe'):
                    os.kill(int(path.name), 9)
        remove_programs()


def test_stock_and_ours():
    """There and back: each starts guests that the other one has to know."""
    with devices():
        exchange('stock')
        first = [start('stock-plain', RELEASE),
                 start('stock-mdev', EMULATOR, device_of_uuid(UUIDS[0])),
                 start('stock-function', RELEASE, device_of_function(FUNCTIONS[0]))]
        known(first, 'stock')
        exchange('ours')
        known(first, 'ours')
        second = [start('ours-plain', EMULATOR),
                  start('ours-mdev', RELEASE, device_of_uuid(UUIDS[1])),
                  start('ours-function', EMULATOR, device_of_function(FUNCTIONS[1]))]
        known(first + second, 'ours')
        exchange('stock')
        known(first + second, 'stock, after ours')
        end(first[0], second[1], second[2])
        exchange('ours')
        known(first[1:] + second[:1], 'ours, after stock')
        end(first[1], first[2], second[0])
        equal(qemus(), set(), 'processes')


test_stock_and_ours.limit = 300


def test_guest_that_stock_cannot_have():
    """It does not know of vfio-user devices: the guest goes on without anybody who knows it, and
    is there again with ours."""
    with devices():
        path = install_program('one')
        odd = start('odd', EMULATOR, managed(path))
        even = start('even', EMULATOR)
        exchange('stock')
        known([even], 'stock')
        equal(qemus(), {odd, even}, 'processes')
        equal(len(programs()), 1, 'programs')
        exchange('ours')
        known([odd, even], 'ours')
        end(odd, even)
        wait_for(lambda: not programs(), 'the program ends')


def ours_and_next():
    """An upgrade of the distribution, and back."""
    with devices():
        names = [start('plain', RELEASE), start('plain-new', EMULATOR),
                 start('mdev', EMULATOR, device_of_uuid(UUIDS[0])),
                 start('function', RELEASE, device_of_function(FUNCTIONS[0]))]
        exchange('next')
        known(names, 'next')
        end(names[0], names[2])
        exchange('ours')
        known([names[1], names[3]], 'ours, after next')
        end(names[1], names[3])


ours_and_next.limit = 300
if NEXT_DISK.exists():
    # with --with-next
    test_ours_and_next = ours_and_next
