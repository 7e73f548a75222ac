# SPDX-License-Identifier: Apache-2.0
# manager_stolen.py DATA TOKEN FILE...: is any secret of the data folder, or of the token, in one of the
# files?  Each is looked for raw, as hex and as base64, wherever it begins.  Then, on standard output,
# the tokens that one might make of what is in the files: the token's id and any 32 bytes found there.
import base64
import pathlib
import re
import subprocess
import sys


def scalar(path):
    """The private number of a key, which is all of its secret."""
    text = subprocess.run(['openssl', 'pkey', '-in', path, '-noout', '-text'], check=True,
                          capture_output=True, text=True).stdout
    digits = re.search(r'priv:\n((?:\s+[0-9a-f:]+\n)+)', text).group(1)
    number = bytes.fromhex(re.sub(r'[\s:]', '', digits))
    return number.lstrip(b'\0')


def forms(secret):
    yield 'raw', secret
    yield 'hex', secret.hex().encode()
    yield 'HEX', secret.hex().upper().encode()
    # within base64 it may begin at any of three places: what does not depend on its neighbours
    for lead in range(3):
        text = base64.b64encode(b'\0' * lead + secret)
        text = text[(4 if lead else 0):len(text) // 4 * 4 - 4]
        yield 'base64', text
        yield 'base64url', text.translate(bytes.maketrans(b'+/', b'-_'))


def main():
    data, token = pathlib.Path(sys.argv[1]), sys.argv[2]
    files = {name: pathlib.Path(name).read_bytes() for name in sys.argv[3:]}
    whole = base64.urlsafe_b64decode(token + '=' * (-len(token) % 4))
    secrets = {'the token': whole[16:]}
    for line in (data / 'token.key').read_text().splitlines():
        secrets['token key ' + line.split()[0]] = bytes.fromhex(line.split()[1])
    for path in sorted((data / 'pki').glob('*.key')):
        secrets[path.name] = scalar(path)
    assert len(secrets) >= 6, secrets.keys()

    found = 0
    for name, content in files.items():
        # or nothing would be found whatever is there
        assert whole[:16].hex().encode() in content, name + ': not even the id of the token'
        for what, secret in secrets.items():
            for form, needle in forms(secret):
                if needle in content:
                    print(f'{name} has {what}, {form}', file=sys.stderr)
                    found = 1

    hexes = {bytes.fromhex(h.decode()) for c in files.values() for h in re.findall(rb'[0-9a-f]{64}', c)}
    for candidate in sorted(hexes)[:6] + [bytes(32)]:
        print(base64.urlsafe_b64encode(whole[:16] + candidate).decode().rstrip('='))
    return found


sys.exit(main())
