"""A driver that publishes nothing: our daemons show what the unpatched ones show."""

from host import (MODE, OUT, PCI_PARENTS, URI, UUIDS, check, define_file, dumpxml, equal,
                  load_driver, mdev_xml, node_name, node_names, parse, run, start_mdev, virsh,
                  wait_for)

MODES = ('stock', 'libvirtd', 'modular')

A, B = PCI_PARENTS

# What the stock boot wrote; it runs first, and on the same machine layout
STOCK = OUT / 'stock'


def collect():
    """Everything that libvirt shows of the host's devices, by file name."""
    load_driver(publish='none')
    start_mdev(A, 'mdevlab-small', UUIDS[0])
    start_mdev(B, 'mdevlab-large', UUIDS[1])
    # one that is defined only
    virsh('nodedev-define', define_file(mdev_xml(A, 'mdevlab-medium', UUIDS[2],
                                                 (('some', 'value'),))))
    defined = node_name(A, UUIDS[2])
    wait_for(lambda: defined in node_names('--all'), f'{defined} is defined')

    files = {}
    names = sorted(node_names('--all'))
    files['names'] = ''.join(f'{name}\n' for name in names)
    for name in names:
        files[f'{name}.xml'] = dumpxml(name)
        if name.startswith('mdev_'):
            # an error for a device that is not defined, and the same error from both
            result = run('virsh', '-q', '-c', URI, 'nodedev-dumpxml', name, '--inactive',
                         status=None)
            files[f'{name}.inactive'] = result.stdout + result.stderr
            files[f'{name}.info'] = virsh('nodedev-info', name)
    for cap in ('mdev', 'mdev_types', 'pci'):
        files[f'list-{cap}'] = virsh('nodedev-list', '--all', '--cap', cap)
    return files


def test_unpublished_devices():
    files = collect()
    check(len(files) > 15, f'only {len(files)} files')
    parent = parse(files[f'{node_name(A)}.xml'])
    equal([element.get('id') for element in parent.iter('type')],
          ['mdevlab-small', 'mdevlab-medium', 'mdevlab-large'], 'types')
    equal(files['list-mdev'].split(),
          sorted((node_name(A, UUIDS[0]), node_name(B, UUIDS[1]), node_name(A, UUIDS[2]))),
          'nodedev-list --cap mdev')

    if MODE == 'stock':
        target = OUT / 'collected'
        target.mkdir(exist_ok=True)
        for name, text in files.items():
            (target / name).write_text(text)
        return

    check(STOCK.is_dir(), 'the unpatched libvirt was not asked: run the mode stock first')
    expected = {path.name: path.read_text() for path in STOCK.iterdir()}
    equal(sorted(files), sorted(expected), 'names of the devices')
    for name, text in expected.items():
        equal(files[name], text, name)
