# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file environment option_table parse quantity refusal secret_file summary text_check)
  add_unit_test(config/${file} LINKS mongo_store_config)
endforeach()
