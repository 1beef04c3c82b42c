# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file bytes object_id object_id_generator status text)
  add_unit_test(base/${file} LINKS mongo_store_base)
endforeach()
