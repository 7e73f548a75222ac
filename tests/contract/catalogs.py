# SPDX-License-Identifier: Apache-2.0
"""The catalogs against their schema, and the schema against the program that reads catalogs.

usage: catalogs.py SOURCE-DIR SMARTLIC
Validates by the keywords that the schema uses; prints ok and not ok lines."""
import copy
import json
import re
import subprocess
import sys
import tempfile

top, smartlic = sys.argv[1:3]
schema = json.load(open(top + '/catalogs/catalog.schema.json'))
failed = 0
TYPES = {'object': dict, 'array': list, 'string': str, 'integer': int}
KNOWN = {'$schema', '$ref', '$defs', 'title', 'description', 'type', 'additionalProperties', 'required',
         'properties', 'items', 'minItems', 'maxItems', 'uniqueItems', 'minLength', 'maxLength', 'pattern',
         'minimum', 'maximum', 'enum', 'const'}


def ok(good, sentence):
    global failed
    failed += not good
    print(('ok - ' if good else 'not ok - ') + sentence)


def faults(value, s, path):
    """What is wrong with a value, as texts."""
    assert set(s) <= KNOWN, set(s) - KNOWN
    if '$ref' in s:
        yield from faults(value, schema['$defs'][s['$ref'].rsplit('/', 1)[1]], path)
    kind = TYPES.get(s.get('type'), object)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f'{path}: not of type {s["type"]}'
        return
    if 'enum' in s and value not in s['enum'] or 'const' in s and value != s['const']:
        yield f'{path}: {value!r}'
    if isinstance(value, str):
        if not s.get('minLength', 0) <= len(value) <= s.get('maxLength', 1 << 30):
            yield f'{path}: length'
        if not re.search(s.get('pattern', ''), value):
            yield f'{path}: pattern'
    if isinstance(value, int) and not s.get('minimum', value) <= value <= s.get('maximum', value):
        yield f'{path}: range'
    if isinstance(value, list):
        if not s.get('minItems', 0) <= len(value) <= s.get('maxItems', 1 << 30):
            yield f'{path}: number of elements'
        if s.get('uniqueItems') and len(set(value)) < len(value):
            yield f'{path}: twice'
        for i, v in enumerate(value):
            yield from faults(v, s.get('items', {}), f'{path}[{i}]')
    if isinstance(value, dict):
        for key in s.get('required', []):
            if key not in value:
                yield f'{path}.{key}: missing'
        for key, v in value.items():
            if key in s.get('properties', {}):
                yield from faults(v, s['properties'][key], f'{path}.{key}')
            elif s.get('additionalProperties') is False:
                yield f'{path}.{key}: unknown'


def reads(catalog):
    """Whether the program takes it."""
    with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
        json.dump(catalog, f)
        f.flush()
        return subprocess.run([smartlic, 'count', '/dev/null', '--catalog', f.name], capture_output=True,
                              check=False).returncode == 0


for name in 'ncs1004', 'router-tiers', 'gateway-subscribers':
    catalog = json.load(open(f'{top}/catalogs/{name}.json'))
    ok(not list(faults(catalog, schema, name)), f'catalog {name} is valid by the schema')

ncs = json.load(open(top + '/catalogs/ncs1004.json'))


def changed(stage, member, value):
    """The catalog with another value in its first rule."""
    c = copy.deepcopy(ncs)
    rule = c['rules'][0]
    if stage == 'window':
        rule['window'] = {'kind': 'now', 'span_s': 60, 'percent': 95}
    (rule.setdefault(stage, {}) if stage else rule)[member] = value
    return c


rule_schema = schema['$defs']['rule']['properties']
axes = []
for stage, s in rule_schema.items():
    for member, m in ({None: s} if 'enum' in s else s.get('properties', {})).items():
        m = schema['$defs'][m['$ref'].rsplit('/', 1)[1]] if '$ref' in m else m
        axes += [(stage if member else None, member or stage, word) for word in m.get('enum', [])]
# a trunk has no port and a load no slice: these two contradict the rest of that rule
axes = [a for a in axes if a[1:] not in (('group', 'port'), ('demand', 'sessions'), ('demand', 'subscribers'))]
bad = [f'{s}.{m}={w}' for s, m, w in axes if list(faults(changed(s, m, w), schema, '')) or not reads(changed(s, m, w))]
ok(not bad and len(axes) > 25, f'each of {len(axes)} words of a rule is valid and read {bad}')

wrong = [('allow', 'units', 'four'), ('allow', 'units', -1), ('allow', 'unit', 4), ('quantise', 'granule', 0),
         (None, 'group', 'rack'), ('map', 'levels', []), ('map', 'mode', 'both'), (None, 'extra', 1),
         ('window', 'percent', 101), ('select', 'pid', ['A', 'A']), ('clamp', 'min', 1), ('allow', 'pack', 1.5)]
bad = [f'{s}.{m}={w}' for s, m, w in wrong if not list(faults(changed(s, m, w), schema, '')) or reads(changed(s, m, w))]
ok(not bad, f'what the schema refuses is not read either {bad}')
sys.exit(failed > 0)
