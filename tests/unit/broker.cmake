# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_library(fake_mosquitto STATIC "${PROJECT_SOURCE_DIR}/tests/support/fake_mosquitto.cc")
target_include_directories(fake_mosquitto PRIVATE "${PROJECT_SOURCE_DIR}"
  "${PROJECT_SOURCE_DIR}/plugin")
target_link_libraries(fake_mosquitto PUBLIC mongo_store_mosquitto_plugin_api
  PRIVATE mongo_store_flags)

add_library(allocation_count STATIC "${PROJECT_SOURCE_DIR}/tests/support/allocation_count.cc")
target_include_directories(allocation_count PRIVATE "${PROJECT_SOURCE_DIR}")
target_link_libraries(allocation_count PRIVATE mongo_store_flags)

foreach(file balance memory_limit)
  add_unit_test(broker/${file} LINKS mongo_store_broker mongo_store_mosquitto_plugin_api)
endforeach()
# libmosquitto decides what a filter matches, as in the broker. The other functions are faked.
foreach(file arrival_clock interceptor interceptor_2_1 log_ring status_topic topic_matcher
    traffic_notices user_property)
  add_unit_test(broker/${file}
    LINKS mongo_store_broker_callers fake_mosquitto PkgConfig::MOSQUITTO)
endforeach()
foreach(file interceptor user_property)
  target_link_libraries(unit_broker_${file}_test PRIVATE allocation_count)
endforeach()
target_link_libraries(unit_broker_interceptor_test PRIVATE mongo_store_config)
foreach(file interceptor interceptor_2_1)
  target_link_libraries(unit_broker_${file}_test PRIVATE test_doubles)
endforeach()
set_target_properties(unit_broker_interceptor_2_1_test PROPERTIES ENABLE_EXPORTS ON)
foreach(file call_watch callback_table plugin_runtime)
  add_unit_test(broker/${file} LINKS mongo_store_broker_runtime mongo_store_broker_callers
    fake_mosquitto PkgConfig::MOSQUITTO)
endforeach()
