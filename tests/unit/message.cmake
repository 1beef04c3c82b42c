# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file bson_value counterpart dead_letter dead_letter_reading delivery_context document_builder
        json_tree lenient message_id payload_check publish)
  add_unit_test(message/${file} LINKS mongo_store_message)
endforeach()
