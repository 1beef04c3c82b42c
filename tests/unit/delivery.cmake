# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file backoff batch_delivery batch_queue delivery encoded_batch outage refusals
    resends)
  add_unit_test(delivery/${file} LINKS mongo_store_delivery)
endforeach()
