# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_unit_test(cli/command_line LINKS mongo_store_cli)
add_unit_test(cli/audit LINKS mongo_store_cli)
add_unit_test(cli/ledger LINKS mongo_store_cli)
add_unit_test(cli/stored_message LINKS mongo_store_cli)
