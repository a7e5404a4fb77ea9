// Who can sign in at the mock providers. Each person is there for one rule of docs/federation.md; `new` is somebody else
// each time that it is picked.
import { randomBytes, randomUUID } from 'node:crypto';

/** Entra's tenant of personal Microsoft accounts. */
export const CONSUMERS = '9188040d-6c67-4b5b-b112-36a304b66dad';
/** The tenants of two companies in the mock Entra. */
export const COMPANY = '11111111-2222-4333-8444-555555555555';
export const OTHER_COMPANY = '99999999-8888-4777-8666-555555555555';

const tag = () => randomBytes(4).toString('hex');
const digits = () => BigInt(`0x${randomBytes(8).toString('hex')}`).toString().padStart(21, '1');

const google = {
  known: { label: 'Ada Lovelace, of the Workspace example.com', sub: '110000000000000000001', email: 'ada@example.com', email_verified: true, hd: 'example.com', name: 'Ada Lovelace' },
  new: () => fresh({ label: 'Somebody new, at gmail.com' }, (n) => ({ sub: digits(), email: `new.${n}@gmail.com`, email_verified: true, name: `New Person ${n}` })),
  gmail: { label: 'Grace Hopper, at gmail.com', sub: '110000000000000000002', email: 'grace.hopper@gmail.com', email_verified: true, name: 'Grace Hopper' },
  workspace: { label: 'Jane Smith, of the Workspace company.example', sub: '110000000000000000003', email: 'jane@company.example', email_verified: true, hd: 'company.example', name: 'Jane Smith' },
  unverified: { label: 'Somebody whose address Google has not verified', sub: '110000000000000000004', email: 'victim@example.com', email_verified: false, name: 'Not Verified' },
  foreign: { label: 'Somebody with an address that is not Google’s (verified once, no hd)', sub: '110000000000000000005', email: 'mallory@example.com', email_verified: true, name: 'Address Elsewhere' },
  'without-address': { label: 'Somebody whose address is not told', sub: '110000000000000000006', name: 'No Address' },
};

const microsoft = {
  work: { label: 'Jane Smith, of Company (its domain is verified: xms_edov)', oid: 'aaaaaaaa-0000-4000-8000-000000000001', tid: COMPANY, preferred_username: 'jane@company.example', email: 'jane@company.example', xms_edov: true, name: 'Jane Smith' },
  known: { label: 'Ada Lovelace, of Company, whose address Entra vouches for', oid: 'aaaaaaaa-0000-4000-8000-000000000002', tid: COMPANY, preferred_username: 'ada@example.com', email: 'ada@example.com', xms_edov: true, name: 'Ada Lovelace' },
  new: () => fresh({ label: 'Somebody new, of Company' }, (n) => ({ oid: randomUUID(), tid: COMPANY, preferred_username: `new.${n}@company.example`, email: `new.${n}@company.example`, xms_edov: true, name: `New Person ${n}` })),
  unverified: { label: 'An administrator of another company who wrote Ada’s address into the profile (nOAuth)', oid: 'aaaaaaaa-0000-4000-8000-000000000003', tid: OTHER_COMPANY, preferred_username: 'mallory@other.example', email: 'ada@example.com', name: 'Mallory' },
  personal: { label: 'Somebody with a personal account', oid: '00000000-0000-0000-0123-456789abcdef', tid: CONSUMERS, preferred_username: 'somebody@outlook.com', email: 'somebody@outlook.com', name: 'Some Body' },
  'other-tenant': { label: 'Somebody of another company', oid: 'aaaaaaaa-0000-4000-8000-000000000004', tid: OTHER_COMPANY, preferred_username: 'joe@other.example', email: 'joe@other.example', xms_edov: true, name: 'Joe Other' },
  'without-address': { label: 'Somebody without a mailbox', oid: 'aaaaaaaa-0000-4000-8000-000000000005', tid: COMPANY, preferred_username: 'kiosk@company.onmicrosoft.example', name: 'Kiosk' },
};

const github = {
  known: { label: 'ada (primary address verified)', id: 1001, login: 'ada', name: 'Ada Lovelace', emails: [['ada@example.com', true, true], ['ada@old.example', false, true]] },
  new: () => fresh({ label: 'Somebody new' }, (n) => ({ id: Number.parseInt(n, 16), login: `new-${n}`, name: `New Person ${n}`, emails: [[`new.${n}@mail.example`, true, true]] })),
  unverified: { label: 'mallory (primary address not verified)', id: 1002, login: 'mallory', name: null, emails: [['victim@example.com', true, false], ['mallory@mail.example', false, true]] },
  'second-address': { label: 'eve (Ada’s address, verified but not primary)', id: 1003, login: 'eve', name: 'Eve', emails: [['eve@mail.example', true, true], ['ada@example.com', false, true]] },
  'without-address': { label: 'ghost (shows no address)', id: 1004, login: 'ghost', name: 'Ghost', emails: [] },
};

/** A company's own provider, which knows groups. */
const company = {
  known: { label: 'Ada Lovelace, engineer', sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace', groups: ['engineers'] },
  new: () => fresh({ label: 'Somebody new, engineer' }, (n) => ({ sub: `u-${n}`, email: `new.${n}@company.example`, email_verified: true, name: `New Person ${n}`, groups: ['engineers'] })),
  boss: { label: 'Jane Smith, administrator', sub: 'jane', email: 'jane@company.example', email_verified: true, name: 'Jane Smith', groups: ['admins', 'engineers'], amr: ['pwd', 'otp'] },
  unverified: { label: 'Somebody whose address is not verified', sub: 'mallory', email: 'victim@example.com', email_verified: false, name: 'Mallory' },
  'without-address': { label: 'Somebody without an address', sub: 'ghost', name: 'Ghost' },
};

/** Accounts of a calendar, with what is in it. */
const calendar = {
  ada: { label: 'Ada Lovelace', email: 'ada@example.com', events: ['Tea with Mary Somerville', 'Opera', 'Letters to Charles'] },
  work: { label: 'Ada Lovelace, at work', email: 'ada@engines.example', events: ['Review of Note G', 'Demonstration of the engine'] },
};

const fresh = (base, make) => ({ ...base, ...make(tag()) });

/** The people of each provider; a test adds its own with `add`. */
export function makePeople() {
  const all = { google: { ...google }, microsoft: { ...microsoft }, github: { ...github }, company: { ...company }, calendar: { ...calendar } };
  return {
    keys: (provider) => Object.entries(all[provider]).map(([key, one]) => [key, labelOf(one)]),
    find(provider, key) {
      const found = Object.hasOwn(all[provider], key) ? all[provider][key] : undefined;
      return typeof found === 'function' ? found() : found;
    },
    add(provider, key, person) {
      all[provider][key] = { label: key, ...person };
    },
  };
}

const labelOf = (one) => (typeof one === 'function' ? one() : one).label;
