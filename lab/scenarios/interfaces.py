"""The four other interfaces as our daemons show them, on a real kernel."""

from host import (PCI_PARENTS, UUIDS, check, create, define_file, dumpxml, equal, find_migration,
                  get_attr, kernel_log, load_driver, node_name, node_names, parse, run, set_attr,
                  start_mdev, tree, virsh, wait_node)

MODES = ('libvirtd', 'modular')

A, B = PCI_PARENTS
SMALL, MEDIUM = 'mdevlab-small', 'mdevlab-medium'
EVERYTHING = 'attributes:parameters:versions:description:token'

PARAMS = ('num-queues/int/4/1/0-16|64/number of queue pairs:new-feature/bool/on/off:'
          'mode/str/fast//fast|a-b')


def interfaces(element):
    """What is shown, by interface."""
    migration = find_migration(element)
    return {} if migration is None else {child.get('type'): tree(child) for child in migration}


def of_type(parent, mdev_type):
    types = parse(dumpxml(node_name(parent))).iter('type')
    return next(interfaces(element) for element in types if element.get('id') == mdev_type)


def of_device(name):
    return interfaces(parse(dumpxml(name)).find("capability[@type='mdev']"))


def interface(kind, text, incomplete=False):
    attribute = " incomplete='yes'" if incomplete else ''
    return tree(parse(f"<interface type='{kind}'{attribute}>{text}</interface>"))


def parameters(model, incomplete=False, **values):
    """Of PARAMS, with current values or without."""
    def value(name):
        return f" value='{values[name]}'" if name in values else ''

    return interface('parameters', f'''<model name='{model}'>
  <param name='mode' type='str'{value('mode')} init='fast'>
    <allowed value='fast'/><allowed value='a-b'/>
  </param>
  <param name='new-feature' type='bool'{value('new_feature')} init='on' off='off'/>
  <param name='num-queues' type='int'{value('num_queues')} init='4' off='1'>
    <description>number of queue pairs</description>
    <allowed min='0' max='16'/><allowed value='64'/>
  </param>
</model>''', incomplete)


def versions(models, current=(None, None), incomplete=False):
    text = ''
    for model, names in models.items():
        here = model == current[0]
        text += f"<model name='{model}'{' current=' + repr('yes') if here else ''}>"
        for name in names:
            mark = " current='yes'" if here and name == current[1] else ''
            text += f'<version{mark}>{name}</version>'
        text += '</model>'
    return interface('versions', text, incomplete)


def fields(mdev_type, minor, aggregator):
    attribute = f"<mdevAttr name='aggregator' value='{aggregator}'/>" if aggregator else ''
    return f'''<deviceAPI>vfio-pci</deviceAPI><vendor>mdevlab</vendor>
<version major='1' minor='{minor}'/>
<id name='device' value='0x10f7'/><id name='vendor' value='0x1af4'/>
<mdevType>{mdev_type}</mdevType>{attribute}'''


def description(mdev_type, accepts=(), aggregator=None, value=None, incomplete=False):
    """Accepted are (type, aggregator, variable); the current value is that of a device."""
    text = f'<self>{fields(mdev_type, 2, aggregator)}</self>'
    for accepted, accepted_aggregator, variable in accepts:
        declared = [variable, "<variable name='minor' min='0' max='2'/>"]
        declared.sort(key=lambda element: parse(element).get('name'))
        text += (f'<accepts>{"".join(declared)}'
                 f'{fields(accepted, "${minor}", accepted_aggregator)}</accepts>')
    if value:
        text += f"<mdevAttr name='aggregator' value='{value}'/>"
    return interface('description', text, incomplete)


def token(text):
    return interface('token', f'<token>{text}</token>')


def validate(*names):
    for name in names:
        run('virt-xml-validate', define_file(dumpxml(name), f'{name}.xml'), 'nodedev')


# A list and a range
ACCEPTS = 'mdevlab-x${n}/${n}/2/n=2|4:mdevlab-@//zone=0-7'
ACCEPTED = (('mdevlab-x${n}', '${n}/2',
             "<variable name='n'><value>2</value><value>4</value></variable>"),
            (SMALL, None, "<variable name='zone' min='0' max='7'/>"))


def test_all_interfaces_of_types_and_devices():
    load_driver(publish=(EVERYTHING, 'versions:token'), params=PARAMS, model='org/"<@>"',
                versions=('org/@=v1|v2', 'org/b=v1:org/a=1|2|3'), accepts=ACCEPTS,
                token=('', 'a &lt; "b"'),
                # whoever writes a token is heard of
                refuse_token='type:device')
    first = start_mdev(A, SMALL, UUIDS[0], (
        ('aggregator', 2), ('migration/num-queues', 7), ('migration/new-feature', 'off'),
        ('migration/version', 'v1')))
    second = start_mdev(B, SMALL, UUIDS[1], (('migration/device_model', 'org/b'),))

    shown = of_type(A, SMALL)
    equal(list(shown), EVERYTHING.split(':'), 'interfaces of the first parent')
    model = 'org/&quot;&lt;small&gt;&quot;'
    equal(shown['parameters'], parameters(model), 'parameters of the type')
    equal(shown['versions'], versions({'org/small': ('v1', 'v2')}), 'versions of the type')
    equal(shown['description'], description(SMALL, ACCEPTED, 1), 'description of the type')
    equal(shown['token'], token(f'{SMALL}-1.2'), 'token of the type')

    shown = of_device(first)
    equal(list(shown), EVERYTHING.split(':'), 'interfaces of the first device')
    values = {'mode': 'fast', 'new_feature': 'off', 'num_queues': 7}
    equal(shown['parameters'], parameters(model, **values), 'parameters of the device')
    equal(shown['versions'], versions({'org/small': ('v1', 'v2')}, ('org/small', 'v1')),
          'versions of the device')
    equal(shown['description'], description(SMALL, ACCEPTED, 1, 2), 'description of the device')
    equal(shown['token'], token(f'{SMALL}-1.2-2'), 'token of the device')

    both = {'org/a': ('1', '2', '3'), 'org/b': ('v1',)}
    text = 'a &amp;lt; &quot;b&quot;'
    for mdev_type in (SMALL, MEDIUM):
        equal(of_type(B, mdev_type), {'versions': versions(both), 'token': token(text)},
              'the second parent')
    equal(of_device(second), {'versions': versions(both, ('org/b', 'v1')), 'token': token(text)},
          'the second device')
    names = sorted((first, second, node_name(A), node_name(B)))
    equal(sorted(node_names('--cap', 'migration')), names, 'nodedev-list --cap migration')

    # the next dump has the next value
    set_attr(UUIDS[0], 'migration/num-queues', 64)
    set_attr(UUIDS[0], 'migration/version', 'v2')
    shown = of_device(first)
    equal(shown['parameters'], parameters(model, **{**values, 'num_queues': 64}), 'changed value')
    equal(shown['versions'], versions({'org/small': ('v1', 'v2')}, ('org/small', 'v2')),
          'changed version')

    for name in names:
        equal(dumpxml(name), dumpxml(name), name)
    validate(*names)
    check('token refused' not in kernel_log(), 'somebody has written a token')

    # what is shown sets nothing
    dump = dumpxml(first)
    virsh('nodedev-destroy', first)
    wait_node(first, False)
    virsh('nodedev-create', define_file(dump))
    wait_node(first)
    equal(get_attr(UUIDS[0], 'migration/num-queues'), '4', 'value after the creation')


def test_other_forms_and_bad_content():
    load_driver(publish='description:token:parameters:versions', accepts=ACCEPTS,
                aggregator=('1', '1:2'), params=PARAMS, versions='org/@=v1|v2', model='org/@',
                description=('array', 'object'), description_at=('type', 'device'),
                token_at=('type', 'device'),
                hostile=('migration_device_models/binary', 'migration_info.json/deep'),
                misread=('mode/other', 'version/v9'), fail_read='num-queues')
    for parent, uuid in zip((A, B), UUIDS):
        create(parent, SMALL, uuid)
    first, second = (node_name(parent, uuid) for parent, uuid in zip((A, B), UUIDS))
    for name in (first, second):
        wait_node(name)

    nothing = interface('versions', '', True)
    equal(of_type(A, SMALL), {
        'parameters': parameters('org/small'), 'versions': nothing,
        'description': description(SMALL, ACCEPTED), 'token': token(f'{SMALL}-1.2')}, 'first type')
    # one value is another than the driver says that there are, one cannot be read
    equal(of_device(first), {
        'parameters': parameters('org/small', mode='other', new_feature='on'),
        'versions': nothing,
        'description': description(SMALL, ACCEPTED, value=1), 'token': token(f'{SMALL}-1.2')},
          'first device')

    nothing = interface('parameters', '', True)
    listed = {'org/small': ('v1', 'v2')}
    equal(of_type(B, SMALL), {'parameters': nothing, 'versions': versions(listed)}, 'second type')
    equal(of_device(second), {
        'parameters': nothing, 'versions': versions(listed, ('org/small', None), True),
        'description': description(SMALL, ACCEPTED, 1, 1), 'token': token(f'{SMALL}-1.2-1')},
          'second device')
    validate(first, second, node_name(A), node_name(B))
