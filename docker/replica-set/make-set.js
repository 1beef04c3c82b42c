// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
//
// For mongosh: creates the replica set rs of database-1 to database-N and its users, or adds missing
// members. Another run changes nothing.

const fs = require('fs');

const SET = 'rs';
const PORT = 27017;
const UNAUTHORIZED = 13;
const WAIT_MS = 1000;
const WAITS_MAX = 300;

const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, 'utf8').trim();

function wantedHosts() {
  const text = process.env.DATABASE_MEMBERS;
  if (!['1', '3', '5'].includes(text)) {
    throw new Error(`DATABASE_MEMBERS "${text}" isn't valid; accepted: 1, 3 or 5`);
  }
  return Array.from({length: Number(text)}, (_, index) => `database-${index + 1}:${PORT}`);
}

function waitUntil(what, predicate) {
  for (let waits = 0; waits < WAITS_MAX; ++waits) {
    if (predicate()) return;
    sleep(WAIT_MS);
  }
  throw new Error(`gave up for now: ${what}`);
}

// Connects over loopback, where MongoDB allows both commands while no user exists.
function initiate(host, password) {
  const admin = new Mongo(`mongodb://127.0.0.1:${PORT}/?directConnection=true`).getDB('admin');
  if (!admin.hello().setName) {
    admin.runCommand({replSetInitiate: {_id: SET, members: [{_id: 0, host}]}});
    waitUntil('the set has no primary', () => admin.hello().isWritablePrimary);
    print(`created replica set ${SET} with ${host}`);
  }
  try {
    admin.createUser({user: 'admin', pwd: password, roles: ['root']});
  } catch (error) {
    if (error.code !== UNAUTHORIZED) throw error;  // otherwise an earlier run created the user
  }
}

function makeUser(database, user, password) {
  const roles = [{role: 'readWrite', db: database.getName()}];
  if (database.getUser(user)) {
    database.updateUser(user, {pwd: password, roles});
  } else {
    database.createUser({user, pwd: password, roles});
  }
}

function hasAllData(admin, host) {
  const {members} = admin.adminCommand({replSetGetStatus: 1});
  return members.some(({name, stateStr}) => name === host && ['PRIMARY', 'SECONDARY'].includes(stateStr));
}

// MongoDB accepts one more voting member at a time, and the next one only after the last one has
// copied all data, which may take longer than one run of this script.
function addMember(admin, host) {
  const {config} = admin.adminCommand({replSetGetConfig: 1});
  if (!config.members.some((member) => member.host === host)) {
    const id = Math.max(...config.members.map((member) => member._id)) + 1;
    config.members.push({_id: id, host});
    config.version += 1;
    admin.adminCommand({replSetReconfig: config});
    print(`added ${host}`);
  }
  waitUntil(`${host} hasn't copied all data yet`, () => hasAllData(admin, host));
}

const hosts = wantedHosts();
const password = secret('database_admin_password');
initiate(hosts[0], password);
const credentials = `admin:${encodeURIComponent(password)}`;
const set = new Mongo(`mongodb://${credentials}@${hosts.join(',')}/admin?replicaSet=${SET}`);
makeUser(set.getDB('mongogw'), 'mongogw', secret('mongogw_password'));
for (const host of hosts) addMember(set.getDB('admin'), host);
print(`replica set ${SET}: ${hosts.join(', ')}`);
