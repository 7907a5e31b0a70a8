/** Every complaint of Juju's verification that needs no charm, in its words, with its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeBundle, tryCompose } from '#src/bundle/compose.js';
import { readBundle } from '#src/bundle/read.js';
import { problemsOf, shownProblems } from './support.ts';

/** What is wrong with a bundle that stands alone, or with its further documents. */
const wrong = (text: string): string[] => {
  const { problems } = tryCompose(readBundle(text, 'b.yaml'), []);
  return problems.map(({ message }) => message).toSorted();
};

/** Problems of a bundle whose one application `a` has these keys besides its charm. */
const wrongApplication = (keys: string): string[] => wrong(`applications: {a: {charm: a, ${keys}}}`);
const wrongInOverlay = (keys: string): string[] => wrong(`applications: {a: {charm: a}}\n---\napplications: {a: {${keys}}}`);

describe('verifying', () => {
  it('finds nothing wrong with a sound bundle', () => {
    assert.deepEqual(
      wrong(`
series: jammy
default-base: ubuntu@22.04/stable
machines: {'0': {constraints: mem=4G, series: focal, base: ubuntu@20.04}}
saas: {far: {url: 'ctrl:admin/default.mysql'}, away: }
applications:
  a: {charm: a, num_units: 2, to: ['lxd:0', b/0], series: jammy, base: ubuntu@22.04, storage: {data: 'ebs,8G,1'}, devices: {gpu: '2,nvidia.com/gpu,a=b;c=d'}, revision: 3, channel: edge}
  b: {charm: ch:b-2x, num_units: 1, to: [new], resources: {r: 1, s: ./s}, constraints: "arch=arm64 cores=2 cpu-power=10 mem=1.5G root-disk=8G tags=x,^y spaces=db,^dmz virt-type=kvm zones=a allocate-public-ip=true instance-type=t"}
  c: {charm: ./c.charm, revision: 3}
  d: {charm: cs:~owner/focal/d-7}
relations: [[a:x, b:y], [a, far:db], [c, d], [c:x, d]]
`),
      [],
    );
  });

  const table: [what: string, text: string, ...messages: string[]][] = [
    ['type', 'bundle: lxd\napplications: {a: {charm: a}}', 'bundle has an invalid type "lxd"'],
    [
      'machines of a Kubernetes bundle',
      "bundle: kubernetes\nmachines: {'0': }\napplications: {a: {charm: a}}",
      'bundle machines not valid for Kubernetes bundles',
    ],
    ['series', 'series: 9wrong\napplications: {a: {charm: a}}', 'bundle declares an invalid series "9wrong"'],
    ['default base', 'default-base: jammy\napplications: {a: {charm: a}}', 'bundle declares an invalid base "jammy"'],
    [
      'mixed series and base',
      'series: focal\ndefault-base: ubuntu@22.04\napplications: {a: {charm: a}}',
      'bundle series "focal" and base "ubuntu@22.04" must match if both supplied',
    ],
    ['no application', 'applications: {}', 'at least one application must be specified'],
    ['no applications key', 'series: jammy', 'at least one application must be specified'],
    ['null application', 'applications: {a: }', 'bundle application for key "a" is undefined'],
    ['empty charm', 'applications: {a: {num_units: 1}}', 'empty charm path'],
    [
      'machine ids',
      "machines: {bogus: , '01': }\napplications: {a: {charm: a}}",
      'invalid machine id "01" found in machines',
      'invalid machine id "bogus" found in machines',
      'machine "01" is not referred to by a placement directive',
      'machine "bogus" is not referred to by a placement directive',
    ],
    [
      'machine constraints, series, base',
      "machines: {'0': {constraints: bad, series: 1x, base: x}}\napplications: {a: {charm: a, num_units: 1, to: ['0']}}",
      'invalid base "x" for machine "0"',
      'invalid constraints "bad" in machine "0": malformed constraint "bad"',
      'invalid series "1x" for machine "0"',
    ],
    [
      'mix of a machine',
      "machines: {'0': {series: focal, base: ubuntu@22.04}}\napplications: {a: {charm: a, num_units: 1, to: ['0']}}",
      'machine "0" series "focal" and base "ubuntu@22.04" must match if both supplied',
    ],
    [
      'saas named as an application',
      'saas: {a: {url: m.a}}\napplications: {a: {charm: a}}',
      'SAAS "a" already exists with application "a" name',
      'application "a" already exists with SAAS "a" name',
    ],
    [
      'saas names and URLs',
      'saas: {Bad_: , s: {url: nomodel}, t: {url: ":x/m.a"}, u: {url: "u/m.a/b"}, v: {url: "m."}}\napplications: {a: {charm: a}}',
      'invalid SAAS name "Bad_" found',
      'invalid offer URL ":x/m.a" for SAAS t',
      'invalid offer URL "m." for SAAS v',
      'invalid offer URL "nomodel" for SAAS s',
      'invalid offer URL "u/m.a/b" for SAAS u',
    ],
    ['relation of one', 'applications: {a: {charm: a}}\nrelations: [[a:b]]', 'relation ["a:b"] has 1 endpoint(s), not 2'],
    ['relation syntax', 'applications: {a: {charm: a}, b: {charm: b}}\nrelations: [[a/db, b:x]]', 'invalid relation syntax "a/db"'],
    [
      'relation of a stranger',
      'applications: {a: {charm: a}}\nrelations: [[a:x, nobody:y]]',
      'relation ["a:x" "nobody:y"] refers to application "nobody" not defined in this bundle',
    ],
    ['relation to itself', 'applications: {a: {charm: a}}\nrelations: [[a:x, a:y]]', 'relation ["a:x" "a:y"] relates an application to itself'],
    [
      'relation twice, turned round',
      'applications: {a: {charm: a}, b: {charm: b}}\nrelations: [[a:x, b:y], [b:y, a:x]]',
      'relation ["b:y" "a:x"] is defined more than once',
    ],
    [
      'ambiguous relation',
      'saas: {b: {url: m.b}}\napplications: {a: {charm: a}, b: {charm: b}}\nrelations: [[a, b]]',
      'SAAS "b" already exists with application "b" name',
      'ambiguous relation "b" refers to a application and a SAAS in this bundle',
      'application "b" already exists with SAAS "b" name',
    ],
    [
      'placements',
      "machines: {'0': }\napplications: {a: {charm: a, num_units: 5, to: [0, b/0, nobody/3, 2, 'bad placement']}, b: {charm: b, num_units: 0}}",
      'invalid placement syntax "bad placement"',
      'placement "2" refers to a machine not defined in this bundle',
      'placement "b/0" specifies a unit greater than the 0 unit(s) started by the target application',
      'placement "nobody/3" refers to an application not defined in this bundle',
    ],
    [
      'Kubernetes placement',
      'bundle: kubernetes\napplications: {a: {charm: a, scale: 2, to: [x=y, z=w]}, b: {charm: b, placement: x}, c: {charm: c, placement: "x=1,x=2"}}',
      'expected "key=value", got "x" for application "b"',
      'key "x" specified more than once for application "c"',
      'too many placement directives for application "a"',
    ],
  ];
  for (const [what, text, ...messages] of table) it(`complains of: ${what}`, () => assert.deepEqual(wrong(text), messages.toSorted()));

  const applications: [what: string, keys: string, ...messages: string[]][] = [
    ['revision within the charm', 'charm: etcd-718', 'cannot specify revision in "ch:etcd-718", please use revision'],
    ['schema', 'charm: bogus:etcd', 'invalid charm URL in application "a": cannot parse URL "bogus:etcd": schema "bogus" not valid'],
    ['charm name', 'charm: Etcd', 'invalid charm URL in application "a": cannot parse name and/or revision in URL "Etcd": name "Etcd" not valid'],
    [
      'series of a Charm Store URL',
      'charm: cs:bionic/etcd-3, series: focal',
      'the charm URL for application "a" has a series which does not match, please remove the series from the URL',
    ],
    ['revision without channel', 'revision: 3', 'application "a" with a revision requires a channel for future upgrades, please use channel'],
    ['negative revision', 'revision: -3, channel: edge', 'the revision for application "a" must be zero or greater'],
    ['series', 'series: 9x', 'application "a" declares an invalid series "9x"'],
    ['base', 'base: ubuntu', 'application "a" declares an invalid base "ubuntu"'],
    ['mix', 'base: ubuntu@22.04, series: focal', 'application "a" series "focal" and base "ubuntu@22.04" must match if both supplied'],
    [
      'constraints',
      'constraints: mem=four',
      'invalid constraints "mem=four" in application "a": bad "mem" constraint: must be a non-negative float with optional M/G/T/P suffix',
    ],
    [
      'image-id in a base',
      'constraints: image-id=x',
      'invalid constraints "image-id=x" in application "a": \'image-id\' constraint in a base bundle not supported',
    ],
    [
      'storage',
      "storage: {no_underscore: 1G, s: 'bad storage', t: '', u: 'p,q', v: '0', w: '-1G'}",
      'invalid storage "s" in application "a": unrecognized storage constraint "bad storage" not valid',
      'invalid storage "t" in application "a": storage constraints require at least one field to be specified',
      'invalid storage "u" in application "a": pool name is already set to "p", new value "q" not valid',
      'invalid storage "v" in application "a": cannot parse count: count must be greater than zero, got "0"',
      'invalid storage "w" in application "a": cannot parse size: expected a non-negative number, got "-1G"',
      'invalid storage name "no_underscore" in application "a"',
    ],
    [
      'devices',
      "devices: {x_y: gpu, a: '0,gpu', b: '1,gpu,x', c: '1,2,3,4'}",
      'invalid device "a" in application "a": count must be greater than zero, got "0"',
      'invalid device "b" in application "a": device attribute key/value pair has bad format: "x"',
      'invalid device "c" in application "a": cannot parse device constraints string, supported format is [<count>,]<device-class>|<vendor/type>[,<key>=<value>;...]',
      'invalid device name "x_y" in application "a"',
    ],
    [
      'resources',
      "resources: {'': 1, r: 1.5, s: [x], t: true}",
      'missing resource name on application "a"',
      'resource revision "a" is not int or string',
      'resource revision "a" is not int or string',
      'resource revision "a" is not int or string',
    ],
    ['negative units', 'num_units: -4', 'negative number of units specified on application "a"'],
    ['too many placements', 'num_units: 1, to: [new, new]', 'too many units specified in unit placement for application "a"'],
    [
      'offers in a base',
      'offers: {o: {endpoints: [e], acl: {x: y}}}',
      'applications.a.offers can only appear in an overlay section',
      'applications.a.offers.o.acl can only appear in an overlay section',
      'applications.a.offers.o.endpoints can only appear in an overlay section',
    ],
    [
      'exposed endpoints in a base',
      'exposed-endpoints: {e: {expose-to-spaces: [s], expose-to-cidrs: [10.0.0.0/8]}}',
      'applications.a.exposed-endpoints can only appear in an overlay section',
      'applications.a.exposed-endpoints.e.expose-to-cidrs can only appear in an overlay section',
      'applications.a.exposed-endpoints.e.expose-to-spaces can only appear in an overlay section',
    ],
  ];
  for (const [what, keys, ...messages] of applications)
    it(`complains of an application's ${what}`, () =>
      assert.deepEqual(wrong(`applications: {a: {${keys.includes('charm: ') ? '' : 'charm: a, '}${keys}}}`), messages.toSorted()));

  it('complains of offers and exposed endpoints of an overlay only when they are wrong', () => {
    assert.deepEqual(
      wrongInOverlay(
        "offers: {o: {endpoints: [e-f]}}, exposed-endpoints: {'': {expose-to-cidrs: [10.0.0.0/8, '::/0', '2001:db8::/32', '::ffff:10.0.0.0/104']}}, constraints: image-id=x",
      ),
      [],
    );
    assert.deepEqual(wrongInOverlay('offers: {O_: {endpoints: [E]}}'), [
      'invalid endpoint name "E" for offer "O_" in application "a"',
      'invalid offer name "O_" in application "a"',
    ]);
    assert.deepEqual(
      wrongInOverlay("exposed-endpoints: {e: {expose-to-cidrs: [10.0.0.1, 10.0.0.0/33, 256.0.0.0/8, '1::2::3/8']}}"),
      ['10.0.0.0/33', '10.0.0.1', '1::2::3/8', '256.0.0.0/8'].map(
        (cidr) => `invalid CIDR "${cidr}" for expose to CIDRs field for endpoint "e" in application "a"`,
      ),
    );
    assert.deepEqual(wrongInOverlay('expose: true, exposed-endpoints: {e: {expose-to-spaces: [s]}}'), [
      'exposed-endpoints cannot be specified together with "exposed:true" in application "a" as this poses a security risk when deploying bundles to older controllers',
    ]);
  });

  const constraints: [text: string, complaint: string][] = [
    ['cores=-1', 'bad "cores" constraint: must be a non-negative integer'],
    ['cpu-cores=x', 'bad "cores" constraint: must be a non-negative integer'],
    ['cores=1 cpu-cores=2', 'bad "cores" constraint: already set'],
    ['arch=z80', 'bad "arch" constraint: "z80" not recognized'],
    ['container=jail', 'bad "container" constraint: invalid container type "jail"'],
    ['spaces=a_b', 'bad "spaces" constraint: "a_b" is not a valid space name'],
    ['allocate-public-ip=maybe', "bad \"allocate-public-ip\" constraint: must be 'true' or 'false'"],
    ['colour=red', 'unknown constraint "colour"'],
    ['=x', 'malformed constraint "=x"'],
  ];
  for (const [text, complaint] of constraints)
    it(`refuses the constraint ${text}`, () =>
      assert.deepEqual(wrongApplication(`constraints: '${text}'`), [`invalid constraints ${JSON.stringify(text)} in application "a": ${complaint}`]));
});

describe('composing', () => {
  const base = readBundle('applications:\n  a:\n    charm: a\n    num_units: 1\nrelations:\n- [a:x, b:y]\n', 'base.yaml');

  it('verifies the base alone, so that no overlay can mend it', () => {
    const overlay = readBundle('applications: {b: {charm: b}}\n', 'overlay.yaml');
    assert.deepEqual(shownProblems(problemsOf(() => composeBundle(base, [overlay]))), [
      'base.yaml:6:3 relation-unknown relation ["a:x" "b:y"] refers to application "b" not defined in this bundle',
    ]);
  });

  it('tells every problem with the file that wrote what is wrong', () => {
    const sound = readBundle('applications:\n  a:\n    charm: a\n    num_units: 1\n', 'base.yaml');
    const one = readBundle('applications:\n  a:\n    constraints: mem=x\n', 'one.yaml');
    const two = readBundle("machines:\n  '7':\napplications:\n  a:\n    to: [8]\nrelations:\n- [a:x, b:y]\n", 'two.yaml');
    const legacy = readBundle('services:\n  a: {charm: b}\n', 'old.yaml');
    assert.deepEqual(shownProblems(problemsOf(() => composeBundle(sound, [one, two, legacy]))), [
      "old.yaml:1:1 overlay-services bundle overlay file used deprecated 'services' key, this is not valid for bundle overlay files",
      'one.yaml:3:5 constraints invalid constraints "mem=x" in application "a": bad "mem" constraint: must be a non-negative float with optional M/G/T/P suffix',
      'two.yaml:2:3 machine-unused machine "7" is not referred to by a placement directive',
      'two.yaml:5:10 placement placement "8" refers to a machine not defined in this bundle',
      'two.yaml:7:3 relation-unknown relation ["a:x" "b:y"] refers to application "b" not defined in this bundle',
    ]);
  });

  it('gives the merged bundle and the warnings of all files', () => {
    const found = composeBundle(readBundle('applications: {a: {charm: cs:a}}', 'base.yaml'), [
      readBundle('foo: 1\napplications: {a: {channel: edge}}', 'one.yaml'),
    ]);
    assert.deepEqual(found.bundle.applications.get('a'), { charm: 'cs:a', channel: 'edge' });
    assert.deepEqual(
      found.warnings.map(({ file, code }) => [file, code]),
      [
        ['base.yaml', 'charm-store'],
        ['one.yaml', 'ignored-key'],
      ],
    );
  });
});
