# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file audit broker_options command_line json_line ledger mosquitto_conf stored_message)
  add_unit_test(cli/${file} LINKS mongo_store_cli)
endforeach()
