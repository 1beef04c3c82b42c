// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

namespace mongo_store::mongo {

// Starts the driver; the first call in the process does, the others return at once. Any thread.
// The driver is never shut down: it can't be started again in the same process, and others may use
// it. On libmongoc 1.x as Debian builds it, the library starts itself when it is loaded.
//
// The driver's counters are a file in /dev/shm that a killed process would leave behind: its name
// is removed here, which leaves mongoc-stat without a way to look at this process.
void start_driver();

// The libraries' own clean-up at the process's end would pull the ground from under a thread that
// runs in the driver then: with skip_cleanup_at_exit() the process ends without it, until
// allow_cleanup_at_exit() says that no such thread is left. Mosquitto 2.0 exits in the middle of
// everything where another plugin refuses to start.
void skip_cleanup_at_exit();
void allow_cleanup_at_exit();

}  // namespace mongo_store::mongo
