# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file attempts backoff batch_delivery batch_queue closings delivery encoded_batch outage
        refusals resends)
  add_unit_test(delivery/${file} LINKS mongo_store_delivery)
endforeach()
target_link_libraries(unit_delivery_attempts_test PRIVATE ${CMAKE_DL_LIBS})
