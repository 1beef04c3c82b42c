// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

namespace mongo_store::test {

// How often the calling thread has asked for memory with `new`. A program that links this has its
// own operators new and delete, over malloc and free.
unsigned long allocation_count();

}  // namespace mongo_store::test
