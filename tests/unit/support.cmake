# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_unit_test(support/document_store LINKS scripted_mongod)
add_unit_test(support/fail_points LINKS scripted_mongod ${MONGO_STORE_MONGOC_TARGET})
add_unit_test(support/replica_set LINKS scripted_mongod ${MONGO_STORE_MONGOC_TARGET})
add_unit_test(support/scram_server LINKS scripted_mongod)
add_unit_test(support/server LINKS scripted_mongod ${MONGO_STORE_MONGOC_TARGET})
add_unit_test(support/throttle LINKS scripted_mongod)
add_unit_test(support/value_key LINKS scripted_mongod)
add_unit_test(support/wire_message LINKS scripted_mongod)
add_unit_test(support/power_loss LINKS power_loss test_doubles)
