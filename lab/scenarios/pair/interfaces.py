"""Parameters, versions, descriptions and tokens: what is predicted, and what comes of it."""

from migration import (A, B, CONFIG_UNSUPPORTED, SMALL, UUIDS, Guest, attribute, compared, instance,
                       migrates, node_name, on, refused)
from pair import equal

PAIRS = ('modular-modular',)
OTHERS = ('libvirtd-libvirtd',)

EVERYTHING = 'attributes:parameters:versions:description:token'
QUEUES = 'num-queues/int/4/1/1-8'


def make(host, uuid, parent, mdev_type, values):
    host.create(parent, mdev_type, uuid)
    for name, value in values.items():
        host.set_attr(uuid, attribute(name), value)
    host.wait_node(node_name(parent, uuid))


def setup(pair, source, target, mdev_type=SMALL, **values):
    """One device on the source, none on the destination."""
    pair.one.driver(**source)
    pair.two.driver(**target)
    make(pair.one, UUIDS[0], A, mdev_type, values)
    return Guest().create(pair.one)


def finish(pair, guest, host):
    guest.destroy(host)
    for side in pair.hosts:
        for uuid in side.devices():
            side.remove(uuid)


def accepted(pair, guest, expected, comparison='compatible', prediction='accepted'):
    """The destination makes this device, and it goes with the guest."""
    compared(UUIDS[0], pair.one, pair.two, comparison)
    migrates(guest, pair.one, pair.two, prediction=prediction)
    equal(pair.two.devices(), {UUIDS[0]: expected}, 'devices on the destination')
    guest.destroy(pair.two)
    equal(pair.two.devices(), {}, 'devices on the destination after the guest has ended')
    pair.one.remove(UUIDS[0])


def no_parent_fits(pair, guest, on_first, on_second, comparison='incompatible',
                   prediction='refused'):
    """Both parents are named, and what is wrong with each of them."""
    candidates = compared(UUIDS[0], pair.one, pair.two, comparison)
    for parent, parts in ((A, on_first), (B, on_second)):
        texts = [' '.join(reason['text'] for reason in candidate['reasons'])
                 for candidate in candidates if candidate['device'] == node_name(parent)]
        if candidates and comparison == 'incompatible':
            equal(any(all(part in text for part in parts) for text in texts), True,
                  f'{parts} in {texts}')
    message = refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
                      [guest.address(), UUIDS[0], node_name(A), node_name(B), *on_first,
                       *on_second], prediction=prediction)
    finish(pair, guest, pair.one)
    return message


# parameters

def test_parameters_are_set(pair):
    """The source's values, and off for what the source does not have or use."""
    guest = setup(
        pair, {'publish': 'parameters', 'params': f'{QUEUES}:new-feature/bool/on/off'},
        {'publish': 'parameters', 'params': (
            'num-queues/int/2/0/0-4', 'other/bool/on/off:num-queues/int/2/0/0-64:'
                                      'new-feature/bool/on/off:mode/str/fast/slow')},
        num_queues=6, new_feature='off')
    accepted(pair, guest, instance(B, num_queues=6, new_feature='off', other='off', mode='slow'))


def test_parameter_that_is_not_allowed_or_missing(pair):
    guest = setup(pair, {'publish': 'parameters', 'params': QUEUES},
                  {'publish': 'parameters',
                   'params': ('num-queues/int/4/1/1-5', 'other/bool/on/off')}, num_queues=6)
    no_parent_fits(pair, guest, ["'num-queues'", "'6'", "'1-5'"], ["'num-queues'", "'6'"])


@on(*OTHERS)
def test_parameter_that_cannot_be_switched_off(pair):
    guest = setup(pair, {'publish': 'parameters', 'params': QUEUES, 'model': 'org/one'},
                  {'publish': 'parameters', 'params': (f'{QUEUES}:mode/str/fast', QUEUES),
                   'model': ('org/one', 'org/two')})
    no_parent_fits(pair, guest, ["'mode'", 'switch it off'], ['org/one', 'org/two'])


def test_parameter_that_the_driver_refuses(pair):
    """It said that it would take it."""
    guest = setup(pair, {'publish': 'parameters', 'params': QUEUES},
                  {'publish': 'parameters', 'params': QUEUES, 'refuse': 'num-queues/6'},
                  num_queues=6)
    no_parent_fits(pair, guest, ['num-queues'], [], 'compatible', 'accepted')


@on(*OTHERS)
def test_parameter_that_the_driver_clamps(pair):
    guest = setup(pair, {'publish': 'parameters', 'params': QUEUES},
                  {'publish': 'parameters', 'params': QUEUES, 'clamp_write': 'Y'}, num_queues=6)
    compared(UUIDS[0], pair.one, pair.two, 'compatible')
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], 'num-queues', "'6'", "'4'"], prediction='accepted')
    finish(pair, guest, pair.one)


def test_existing_device_with_another_parameter(pair):
    """Judged by what it is, not by what it could be, and not changed."""
    guest = setup(pair, *[{'publish': 'parameters', 'params': QUEUES}] * 2, num_queues=6)
    make(pair.two, UUIDS[0], B, SMALL, {'num_queues': 7})
    compared(UUIDS[0], pair.one, pair.two, 'incompatible')
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], "'num-queues'", "'6'", "'7'"])
    equal(pair.two.devices(), {UUIDS[0]: instance(B, num_queues=7)}, 'devices')
    finish(pair, guest, pair.one)


# versions

@on(*OTHERS)
def test_model_and_version_are_set(pair):
    """The model first, which resets the version."""
    guest = setup(pair, {'publish': 'versions', 'versions': 'org/a=v1|v2|v3'},
                  {'publish': 'versions',
                   'versions': ('org/b=v1|v2', 'org/b=v1|v2:org/a=v1|v2|v4')},
                  version='v1')
    accepted(pair, guest, instance(B, device_model='org/a', version='v1'))


@on(*OTHERS)
def test_version_that_is_not_offered(pair):
    guest = setup(pair, {'publish': 'versions', 'versions': 'org/a=v1|v2|v3'},
                  {'publish': 'versions', 'versions': ('org/a=v1|v2', 'org/b=v3')})
    no_parent_fits(pair, guest, ['version', "'v3'", 'v1', 'v2'], ['model', 'org/a', 'org/b'])


# descriptions

def test_another_type_takes_its_place(pair):
    """Of the type with half the units there is twice as much."""
    guest = setup(pair, {'publish': 'description', 'types': 'x1/1:x2/2', 'aggregator': 1},
                  {'publish': 'description', 'types': ('x1/1', 'x1/1:x4/4'), 'aggregator': '1:2:4',
                   'accepts': ('', 'mdevlab-x${n}/${n}/n=1|2|4')}, 'mdevlab-x2')
    accepted(pair, guest, instance(B, 'mdevlab-x1', aggregator=2))


@on(*OTHERS)
def test_description_that_does_not_fit(pair):
    guest = setup(pair, {'publish': 'description', 'types': 'x2/2', 'aggregator': 1},
                  {'publish': 'description', 'types': 'x1/1', 'aggregator': '1:2:4',
                   'software_version': ('1.2.3', '2.0.0'),
                   'accepts': ('mdevlab-x${n}/${n}/n=4|8', 'mdevlab-x${n}/${n}/n=1|2|4')},
                  'mdevlab-x2')
    no_parent_fits(pair, guest, ['mdevlab-x2', 'mdevlab-x1'], ['major version', "'1'", "'2'"])


# tokens: nobody but the driver can tell

def test_token_that_the_driver_takes(pair):
    guest = setup(pair, {'publish': 'token'},
                  {'publish': 'token', 'software_version': ('1.1.0', '1.3.0')})
    accepted(pair, guest, instance(B), 'unchecked', 'unknown')


@on(*OTHERS)
def test_token_that_the_type_refuses(pair):
    guest = setup(pair, {'publish': 'token'},
                  {'publish': 'token', 'software_version': ('1.1.0', '1.3.0'),
                   'refuse_token': ('', 'type')})
    no_parent_fits(pair, guest, [f'{SMALL}-1.2-1'], [], 'unchecked', 'unknown')


def test_token_that_the_device_refuses(pair):
    """It has been made to ask it, so it goes again."""
    guest = setup(pair, {'publish': 'token'}, {'publish': 'token', 'refuse_token': 'device'})
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], f'{SMALL}-1.2-1'], prediction='unknown')
    finish(pair, guest, pair.one)


# several

@on(*OTHERS)
def test_all_interfaces_at_once(pair):
    accepts = 'mdevlab-@/${a}/a=1|2|4'
    guest = setup(pair, {'publish': EVERYTHING, 'accepts': accepts},
                  {'publish': EVERYTHING, 'accepts': accepts, 'software_version': '1.3.0',
                   'params': (QUEUES, f'{QUEUES}:new-feature/bool/off/off:'
                                      'mode/str/slow/fast/fast|slow')},
                  aggregator=2, fps=60, num_queues=6, new_feature='on', version='v1')
    accepted(pair, guest, instance(B, aggregator=2, fps=60, num_queues=6, new_feature='on',
                                   mode='fast', device_model='example.org/mdevlab-small',
                                   version='v1'), 'unchecked', 'unknown')


def test_one_agrees_and_the_other_does_not(pair):
    """On each parent another one, and nobody is outvoted."""
    guest = setup(pair, {'publish': 'attributes:parameters', 'params': QUEUES},
                  {'publish': 'attributes:parameters', 'params': ('num-queues/int/4/1/1-5', QUEUES),
                   'formats': ('xrgb8888', 'nv12')}, num_queues=6)
    no_parent_fits(pair, guest, ["'num-queues'", "'6'", "'1-5'"], ['formats', 'xrgb8888', 'nv12'])


@on(*OTHERS)
def test_token_that_is_missing(pair):
    """The driver of the source sends what this one knows nothing of."""
    guest = setup(pair, {'publish': 'attributes:token'}, {'publish': 'attributes'})
    no_parent_fits(pair, guest, *[["'token'", 'only the source']] * 2)
