// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

namespace mongo_store::mongo {

// Starts the driver. The first call in the process does it, the others return at once. Any thread.
// The driver is never shut down: it can't be started again in the same process, and others may use
// it. On libmongoc 1.x as Debian builds it, the library starts itself when it is loaded.
// The driver keeps its counters in a file in /dev/shm, which a killed process would leave there.
// Its name is removed here, so mongoc-stat can't look at this process.
void start_driver();

// The libraries clean up at the process's end. A thread that is inside the driver at that moment
// would crash. After skip_cleanup_at_exit() the process ends without the clean-up, until
// allow_cleanup_at_exit() says that no such thread is left. If another plugin refuses to start,
// Mosquitto 2.0 exits while all threads are running.
void skip_cleanup_at_exit();
void allow_cleanup_at_exit();

}  // namespace mongo_store::mongo
