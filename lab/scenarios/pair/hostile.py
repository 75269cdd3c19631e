"""A source that sends what no honest one would: nothing happens on the destination."""

from migration import A, B, SMALL, UUIDS, Guest, make_device
from pair import check, equal

PAIRS = ('modular-modular',)

PRELOAD = '/tmp/cookie.so'
LIE = '/tmp/hostdevs.xml'

ADDRESS = "<address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>"


def attributes(resource='', kind='attributes', fields=''):
    return (f"<capability type='migration'><interface type='{kind}'><deviceAPI>vfio-pci</deviceAPI>"
            f"<mdevType>{SMALL}</mdevType><softwareVersion major='1' minor='2' bugfix='3'/>"
            f"{fields}{resource}</interface></capability>")


def resource(name, value='1'):
    return f"<dynamicResource name='{name}' value='{value}'/>"


def hostdevs(*devices):
    return f"<hostdevs>{''.join(devices)}</hostdevs>\n"


def hostdev(content, address=ADDRESS, uuid=UUIDS[0]):
    return f"<hostdev type='mdev' uuid='{uuid}'>{address}{content}</hostdev>"


# What is sent, and what the message has to name
LIES = {
    'name that leaves the directory':
        (hostdevs(hostdev(attributes(resource('../../../../../tmp/lie')))), 'dynamicResource'),
    'name of three parts':
        (hostdevs(hostdev(attributes(resource('a/b/c')))), 'dynamicResource'),
    'name with a dot dot':
        (hostdevs(hostdev(attributes(resource('../remove')))), 'dynamicResource'),
    'absolute name':
        (hostdevs(hostdev(attributes(resource('/tmp/lie')))), 'dynamicResource'),
    'name with a newline':
        (hostdevs(hostdev(attributes(resource('aggregator&#10;')))), 'dynamicResource'),
    'name with a NUL':
        (hostdevs(hostdev(attributes(resource('aggregator\0')))), 'AttValue'),
    'value with a newline':
        (hostdevs(hostdev(attributes(resource('aggregator', '1&#10;2')))), 'dynamicResource'),
    'name of the remove file':
        (hostdevs(hostdev(attributes(resource('remove')))), "dynamic resource 'remove'"),
    'name that is not offered':
        (hostdevs(hostdev(attributes(resource('power/control', 'on')))),
         "dynamic resource 'power/control'"),
    '10000 devices':
        (hostdevs(*10000 * [hostdev('')]), '10000 host devices'),
    '65 resources':
        (hostdevs(hostdev(attributes(''.join(resource(f'r{i}') for i in range(65))))),
         'dynamicResource'),
    'two devices at one address':
        (hostdevs(hostdev(''), hostdev('')), '0000:00:05.0'),
    'address that the guest does not have':
        (hostdevs(hostdev(attributes(), ADDRESS.replace('0x05', '0x06'))), '0000:00:06.0'),
    'address of another kind':
        (hostdevs(hostdev(attributes(), "<address type='usb' bus='0' port='1'/>")), 'address'),
    'bad UUID':
        (hostdevs(hostdev(attributes(), uuid='../../../tmp/lie')), 'UUID'),
    'value of 100 KiB':
        (hostdevs(hostdev(attributes(fields=f"<compatibleType>{'x' * 102400}</compatibleType>"))),
         'compatibleType'),
    'almost 4 MiB':
        (hostdevs(hostdev(attributes(fields=f'<!-- {"x" * (4 * 1024 * 1024 - 8192)} -->'))),
         'too much data'),
    'deep nesting':
        (hostdevs(hostdev(100000 * '<capability>' + 100000 * '</capability>')), 'depth'),
    'no XML at all':
        ('<hostdevs>', 'hostdevs'),
    # a newer libvirt may know more: ignored, and the device is as missing as ever
    'unknown interface':
        (hostdevs(hostdev(attributes(kind='nonsense'))), 'not found'),
    'unknown kind of device':
        (hostdevs("<hostdev type='nonsense' uuid='x'/>"), 'not found'),
}


def test_lies_of_the_source(pair):
    pair.one.driver()
    pair.two.driver()
    make_device(pair.one, UUIDS[0], A, SMALL)
    make_device(pair.two, UUIDS[1], B, SMALL, aggregator=2)
    guest = Guest().create(pair.one)
    pair.one.command('gcc', '-shared', '-fPIC', '-Wall', '-o', PRELOAD, '/lab/hostile/cookie.c',
                     '-ldl')
    before = [host.devices() for host in pair.hosts]
    starts = pair.two.starts(guest.name)
    daemons = pair.two.daemons()

    silent = []
    for name, (text, part) in LIES.items():
        pair.one.write(LIE, text)
        result = pair.one.command('env', f'LD_PRELOAD={PRELOAD}', f'COOKIE_HOSTDEVS={LIE}',
                                  'virsh', 'migrate', '--live', guest.name, pair.two.uri,
                                  status=1)
        check(': sent' in result['errors'], f'{name}: the lie was not sent')
        message = result['errors'].split('error:', 1)[-1]
        if part not in message:
            silent.append(f"{name}: '{part}' is not in the message: {message[:500]}")
        equal([host.devices() for host in pair.hosts], before, f'{name}: devices')
        check(not pair.two.exists('/tmp/lie'), f'{name}: something was written')
        guest.check_only_at(pair.one, pair.two)

    equal(silent, [], 'messages')
    equal(pair.two.starts(guest.name), starts, 'QEMU processes that the destination started')
    equal(pair.two.daemons(), daemons, 'daemons of the destination')
    guest.destroy(pair.one)
    for host in pair.hosts:
        for uuid in host.devices():
            host.remove(uuid)
