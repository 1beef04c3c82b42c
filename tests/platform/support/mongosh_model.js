// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
//
// node mongosh_model.js SCRIPT STATE: runs a script for mongosh against a model of the members of a
// replica set. The file STATE keeps the model between runs. The model refuses what MongoDB refuses.
// Time passes only in sleep().

const fs = require('fs');

const [script, stateFile] = process.argv.slice(2);
const state = JSON.parse(fs.readFileSync(stateFile, 'utf8'));
const UNAUTHORIZED = 13;
const RECONFIG_REFUSED = 103;

function fail(code, message) {
  throw Object.assign(new Error(message), {code});
}

function memberState({host}) {
  return host === state.config.members[0].host ? 'PRIMARY' :
    state.copiedAt[host] <= state.now ? 'SECONDARY' : 'STARTUP2';
}

const hasPrimary = () => state.config !== null && state.primaryAt <= state.now;

function initiate(config) {
  if (config.members.length !== 1) fail(RECONFIG_REFUSED, 'the model starts with one member');
  state.config = {...config, version: 1};
  state.primaryAt = state.now + state.electionMs;
}

function reconfigure(config) {
  const added = config.members.slice(state.config.members.length);
  if (config.version <= state.config.version || added.length > 1) {
    fail(RECONFIG_REFUSED, 'one voting member at a time, and a higher version');
  }
  // MongoDB accepts this, but members without data could then form the majority.
  if (!state.config.members.every((member) => memberState(member) !== 'STARTUP2')) {
    fail(RECONFIG_REFUSED, 'the member before it has not copied all data');
  }
  state.config = config;
  for (const {host} of added) state.copiedAt[host] = state.now + state.copyMs;
}

class Database {
  constructor(name, user) {
    this.name = name;
    this.user = user;
  }

  getName() { return this.name; }

  getDB(name) { return new Database(name, this.user); }

  hello() {
    return state.config === null ? {isWritablePrimary: false} :
      {setName: state.config._id, isWritablePrimary: hasPrimary()};
  }

  #require() {
    const known = state.users.admin?.admin;
    if (!hasPrimary()) fail(0, 'no primary');
    if (known && (this.user?.name !== 'admin' || this.user.password !== known.pwd)) {
      fail(UNAUTHORIZED, 'not authorized');
    }
  }

  getUser(user) {
    this.#require();
    return state.users[this.name]?.[user] ?? null;
  }

  createUser({user, pwd, roles}) {
    this.#require();
    if (this.getUser(user)) fail(51003, 'the user exists');
    state.users[this.name] = {...state.users[this.name], [user]: {pwd, roles}};
  }

  updateUser(user, {pwd, roles}) {
    if (!this.getUser(user)) fail(11, 'no such user');
    state.users[this.name][user] = {pwd, roles};
  }

  runCommand(command) {
    if (state.config !== null || !command.replSetInitiate) fail(0, 'the model has no such command');
    initiate(command.replSetInitiate);
    return {ok: 1};
  }

  adminCommand(command) {
    this.#require();
    if (command.replSetGetConfig) return {config: JSON.parse(JSON.stringify(state.config))};
    if (command.replSetReconfig) {
      reconfigure(command.replSetReconfig);
      return {ok: 1};
    }
    return {members: state.config.members.map((member) => (
      {name: member.host, stateStr: memberState(member)}))};
  }
}

function connect(uri) {
  const {username, password} = new URL(uri.split(',')[0]);
  return new Database('admin', username ? {name: username, password: decodeURIComponent(password)} : null);
}

function readSecret(path, encoding) {
  return path.startsWith('/run/secrets/') ? state.secrets[path.slice('/run/secrets/'.length)] :
    fs.readFileSync(path, encoding);
}

const shell = {
  Mongo: function Mongo(uri) { return connect(uri); },
  print: (text) => console.log(text),
  process,
  require: (name) => (name === 'fs' ? {readFileSync: readSecret} : require(name)),
  sleep: (ms) => { state.now += ms; },
};

try {
  new Function(...Object.keys(shell), fs.readFileSync(script, 'utf8'))(...Object.values(shell));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  fs.writeFileSync(stateFile, JSON.stringify(state));
}
