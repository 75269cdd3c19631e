#!/usr/bin/python3
"""Does in this host what a program outside asks for.

One JSON document a line, over a serial port. A request is {"id", "call", "args",
"kwargs"}: call is a function of remote.py. Requests run side by side; each gets
one answer, {"id", "result"} or {"id", "error", "kind"}, whenever it is done.
The request "quit" ends the agent, and with it the host.
"""

import glob
import json
import os
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, '/lab/guest')

import remote  # noqa: E402  pylint: disable=wrong-import-position

PORT = '/dev/vport*p1'


class Port:
    """The serial port: answers come from many threads."""

    def __init__(self):
        while not glob.glob(PORT):
            time.sleep(0.05)
        self.fd = os.open(glob.glob(PORT)[0], os.O_RDWR)
        self.lock = threading.Lock()

    def send(self, document):
        data = json.dumps(document).encode() + b'\n'
        with self.lock:
            while data:
                data = data[os.write(self.fd, data):]

    def lines(self):
        rest = b''
        while True:
            data = os.read(self.fd, 65536)
            if not data:
                # nobody is at the other end
                time.sleep(0.05)
            *lines, rest = (rest + data).split(b'\n')
            yield from lines


def answer(port, request):
    reply = {'id': request['id']}
    try:
        reply['result'] = getattr(remote, request['call'])(*request.get('args', ()),
                                                           **request.get('kwargs', {}))
    except Exception as error:  # pylint: disable=broad-except
        print(f'{request}:')
        traceback.print_exc(file=sys.stdout)
        reply['error'] = str(error)
        reply['kind'] = type(error).__name__
    sys.stdout.flush()
    port.send(reply)


def main():
    # children must not read what is meant for us
    port = Port()
    port.send({'id': 0, 'result': 'ready'})
    for line in port.lines():
        request = json.loads(line)
        if request['call'] == 'quit':
            return
        threading.Thread(target=answer, args=(port, request), daemon=True).start()


if __name__ == '__main__':
    main()
    sys.stdout.flush()
    # threads that wait for something are of no interest any more
    os._exit(0)
