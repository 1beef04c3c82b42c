# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_unit_test(mongo/client_pool LINKS mongo_store_mongo)
add_unit_test(mongo/document_views LINKS mongo_store_mongo)
add_unit_test(mongo/driver_log LINKS mongo_store_mongo)
add_unit_test(mongo/error_sorter LINKS mongo_store_mongo)
add_unit_test(mongo/json_text LINKS mongo_store_mongo)
add_unit_test(mongo/mongo_sink LINKS mongo_store_mongo scripted_mongod OpenSSL::Crypto)
add_unit_test(mongo/password_file LINKS mongo_store_mongo)
add_unit_test(mongo/probe LINKS mongo_store_mongo scripted_mongod)
add_unit_test(mongo/stored_documents LINKS mongo_store_mongo)
add_unit_test(mongo/uri LINKS mongo_store_mongo)
