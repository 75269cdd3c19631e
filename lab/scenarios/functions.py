"""The drivers of the virtual functions by themselves, as VFIO devices."""

import errno
import os

import vfio
from host import (FUNCTIONS, HOST_DRIVER, PCI, PCI_PARENTS, UUIDS, VFIO_DRIVER, bind_function,
                  check, create, equal, errno_of, functions, load_driver, load_functions, run,
                  set_function_value)
from protocol import resume, save
from vfio import BAR0_REGION, CONFIG_REGION

MODES = ('stock',)
DAEMONS = False

F1, F2 = FUNCTIONS
SMALL = 'mdevlab-small'
COUNTER, SCRATCH = 0x14, 0x20
EVERYTHING = 'attributes:parameters:versions:description:token'


def device(address):
    return vfio.Device(address, PCI / 'devices')


def load(**parameters):
    load_functions(**parameters)
    for address in FUNCTIONS:
        bind_function(address)


def files(address):
    top = PCI / 'devices' / address
    names = {path.name for path in top.iterdir()}
    for group in ('lab', 'migration'):
        if group in names:
            names |= {f'{group}/{path.name}' for path in (top / group).iterdir()}
    return names


def test_publish():
    """Only what is asked for, for each function, and only with the VFIO driver."""
    load_functions(publish=('none', EVERYTHING))
    plain = files(F1)
    for address in FUNCTIONS:
        bind_function(address)
    equal(files(F1) - plain, {'vfio-dev'}, 'files without anything to publish')
    equal(files(F2) - files(F1),
          {'device_api', 'software_version', 'compatible_pci_ids', 'compatible_formats',
           'dynamic_resources', 'aggregator', 'lab', 'lab/fps', 'migration', 'migration_info.json',
           'migration/num-queues', 'migration/new-feature', 'migration_device_models',
           'migration/device_model', 'migration/version', 'migration_description',
           'migration_version'}, 'files')
    load_functions(publish='nonsense')
    bind_function(F1)
    equal(functions()[F1], {'driver': None}, 'with an interface that does not exist')


def test_values():
    load(publish=EVERYTHING)

    def value(name):
        return (PCI / 'devices' / F1 / name).read_text()

    for name, new, bad in (('aggregator', '2', '0'), ('lab/fps', '60', '241'),
                           ('migration/num-queues', '8', '9'), ('migration/new-feature', 'on', 'x'),
                           ('migration/version', 'v2', 'v3')):
        set_function_value(F1, name, new)
        equal(value(name), f'{new}\n', name)
        equal(errno_of(set_function_value, F1, name, bad), errno.EINVAL, f'{name} = {bad}')
        equal(value(name), f'{new}\n', name)
        with device(F1):
            equal(errno_of(set_function_value, F1, name, new), errno.EBUSY, f'{name} in use')
    set_function_value(F1, 'migration/device_model', 'lab.example.org/vflab')
    equal(value('migration/version'), 'v1\n', 'version after the model was chosen')
    set_function_value(F1, 'migration_version', 'vflab-1.2')
    equal(errno_of(set_function_value, F1, 'migration_version', 'vflab-9'), errno.EINVAL,
          'another token')


def test_state_travels():
    load()
    with device(F1) as source, device(F2) as target:
        equal(source.migration_flags(),
              vfio.STOP_COPY_FLAG | vfio.P2P_FLAG | vfio.PRE_COPY_FLAG, 'flags')
        equal([source.irqs(i) for i in range(3)], [0, 0, 0], 'interrupts')
        source.write(BAR0_REGION, SCRATCH, bytes(range(32)))
        source.write(BAR0_REGION, COUNTER, b'1')
        source.write(CONFIG_REGION, 4, b'\1\0')
        source.write(CONFIG_REGION, 0x10, b'\x80\xc0\0\0')
        stream = save(source)
        check(0 < len(stream) <= source.data_size(), f'{len(stream)} bytes')
        for chunk in (None, 1, 100):
            target.reset()
            check(target.read(BAR0_REGION, 0, 128) != source.read(BAR0_REGION, 0, 128), 'no reset')
            equal(resume(target, stream, chunk), 0, f'resuming by {chunk}')
            for region, size in ((BAR0_REGION, 128), (CONFIG_REGION, 256)):
                equal(target.read(region, 0, size), source.read(region, 0, size),
                      f'region {region}')


def test_precopy():
    """The destination judges while the source still runs."""
    load(software_version=('1.2.3', '1.1.0'))
    with device(F1) as source, device(F2) as target:
        saving = source.set_state(vfio.PRE_COPY)
        stream = os.read(saving, 4096)
        equal(vfio.precopy_info(saving), (0, 0), 'bytes left')
        equal(errno_of(os.read, saving, 1), errno.ENOMSG, 'end of what there is in pre-copy')
        resuming = target.set_state(vfio.RESUMING)
        equal(errno_of(os.write, resuming, stream), errno.EPROTONOSUPPORT, 'an older destination')
        target.reset()
        os.close(resuming)

        source.write(BAR0_REGION, SCRATCH, b'late')
        equal(source.set_state(vfio.STOP_COPY), None, 'a second file')
        stream += vfio.read_all(saving)
        os.close(saving)
        source.reset()
        equal(resume(source, stream), 0, 'resuming')
        equal(source.read(BAR0_REGION, SCRATCH, 4), b'late', 'scratch')


def test_bad_streams_are_refused():
    load(software_version=('1.2.3', '1.3.0'))
    with device(F1) as older, device(F2) as newer:
        stream = save(older)
        equal(resume(older, save(newer)), errno.EPROTONOSUPPORT, 'a newer source')
        older.reset()
        for bad, code in ((stream[:-1], errno.ENODATA), (stream + b'x', errno.EMSGSIZE),
                          (b'\xff' * 10000, errno.EBADMSG),
                          (stream[:50] + b'\xff' + stream[51:], errno.EBADMSG),
                          (stream[int.from_bytes(stream[6:8], 'little'):], errno.EBADMSG)):
            equal(resume(newer, bad), code, f'{len(bad)} bytes')
            newer.reset()
        equal(resume(newer, stream), 0, 'the good stream')


def test_mediated_device_and_function():
    """The state of one is the state of the other."""
    load(stream_type=SMALL)
    load_driver()
    create(PCI_PARENTS[0], SMALL, UUIDS[0])
    with device(F1) as function, vfio.Device(UUIDS[0]) as mdev:
        mdev.write(BAR0_REGION, SCRATCH, b'there')
        equal(resume(function, save(mdev)), 0, 'from the mediated device')
        equal(function.read(BAR0_REGION, SCRATCH, 5), b'there', 'scratch')
        function.write(BAR0_REGION, SCRATCH, b'again')
        equal(resume(mdev, save(function)), 0, 'from the function')
        equal(mdev.read(BAR0_REGION, SCRATCH, 5), b'again', 'scratch')


def test_functions_go_away():
    load()
    check({function['driver'] for function in functions().values()} == {VFIO_DRIVER}, 'drivers')
    run('rmmod', VFIO_DRIVER)
    check({function['driver'] for function in functions().values()} == {None}, 'drivers')
    run('rmmod', HOST_DRIVER)
    equal(functions(), {}, 'functions')
