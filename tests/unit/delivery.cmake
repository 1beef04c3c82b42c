# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_library(delivery_bench STATIC delivery/delivery_bench.cc delivery/journal_bench.cc
  delivery/test_batch.cc)
target_link_libraries(delivery_bench PUBLIC test_doubles
  PRIVATE mongo_store_flags mongo_store_test_flags)

foreach(file attempts backoff batch_delivery batch_queue closings dead_letter_log delivery
        encoded_batch outage refusals resends verdict waiting)
  add_unit_test(delivery/${file} LINKS delivery_bench)
endforeach()
target_link_libraries(unit_delivery_attempts_test PRIVATE ${CMAKE_DL_LIBS})
