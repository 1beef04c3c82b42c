# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# Every third-party library, as one target whose name does not depend on its version.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# CMake's package is `mongoc` for libmongoc 2.x and `mongoc-1.0` for 1.x. The target names differ, too.
# The shared library is named explicitly: 2.x's own shim target prefers the static one.
find_package(mongoc 2.0 CONFIG QUIET)
if(mongoc_FOUND)
  set(MONGO_STORE_MONGOC_TARGET mongoc::shared)
  set(MONGO_STORE_BSON_TARGET bson::shared)
else()
  find_package(mongoc-1.0 1.23 CONFIG REQUIRED)
  set(MONGO_STORE_MONGOC_TARGET mongo::mongoc_shared)
  set(MONGO_STORE_BSON_TARGET mongo::bson_shared)
endif()

pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson>=1.7.15)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash>=0.8.0)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(MOSQUITTO REQUIRED IMPORTED_TARGET libmosquitto>=2.0.11)

find_path(MOSQUITTO_PLUGIN_INCLUDE_DIR NAMES mosquitto_plugin.h mosquitto/broker_plugin.h REQUIRED)
add_library(mongo_store_mosquitto_plugin_api INTERFACE)
target_include_directories(mongo_store_mosquitto_plugin_api SYSTEM INTERFACE
  "${MOSQUITTO_PLUGIN_INCLUDE_DIR}")

if(BUILD_TESTING)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka>=1.1.5)
  # Debian's interpreter: the tests use MQTT and MongoDB clients from Debian's packages.
  find_program(MONGO_STORE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
endif()
