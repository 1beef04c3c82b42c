# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_unit_test(device-sim/backoff LINKS mongo_store_device_sim)
add_unit_test(device-sim/credentials LINKS mongo_store_device_sim)
add_unit_test(device-sim/latency LINKS mongo_store_device_sim)
add_unit_test(device-sim/ledger LINKS mongo_store_device_sim)
add_unit_test(device-sim/options LINKS mongo_store_device_sim)
add_unit_test(device-sim/payload LINKS mongo_store_device_sim)
add_unit_test(device-sim/schedule LINKS mongo_store_device_sim)
add_unit_test(device-sim/summary LINKS mongo_store_device_sim)
add_unit_test(device-sim/uuid LINKS mongo_store_device_sim)
